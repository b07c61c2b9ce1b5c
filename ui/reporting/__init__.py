"""The report for a meeting: one HTML file that needs nothing else."""

from ui.reporting.page import file_name, write_report

__all__ = ["file_name", "write_report"]
