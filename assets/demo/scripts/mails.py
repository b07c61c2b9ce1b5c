"""Sentences of the `mails` skill: what a customer writes, by the department it belongs to.

``SEEN`` feeds training and familiar items, ``NOVEL`` only novel items. Words only, no logic.
"""

# ruff: noqa: E501

SEEN = {
    "Billing": [
        "I was charged twice for the {p}.", "My invoice for the {p} is wrong.",
        "Please send me a receipt for the {p}.", "Why is my bill higher this month?",
        "My card was charged for a {p} I never bought.", "The invoice shows the wrong tax.",
        "Can I pay for the {p} in instalments?", "My payment for the {p} did not go through.",
        "Please correct the address on my invoice.", "There is an unknown charge on my account.",
        "When is my payment due?", "I paid for the {p} but the bill still shows a balance.",
    ],
    "Shipping": [
        "Where is my {p}? It has not arrived.", "My {p} should have been delivered last week.",
        "The tracking number for the {p} does not work.", "Can you deliver the {p} to my office?",
        "When will the {p} be delivered?", "The courier left my {p} at the wrong house.",
        "My parcel is late again.", "Please change the delivery address for my {p}.",
        "The tracking page says my {p} is lost.", "Has the {p} left your warehouse yet?",
        "Nobody was home when the driver came with the {p}.", "How long does delivery take?",
    ],
    "Returns": [
        "I want to send the {p} back.", "The {p} is the wrong size, please exchange it.",
        "How do I return a {p}?", "I don't like the {p} and want my money back.",
        "You sent me the wrong {p}, I want to exchange it.", "Please send a return label for the {p}.",
        "Can I return the {p} after 30 days?", "I changed my mind about the {p}.",
        "I would like to swap the {p} for another colour.", "The {p} came broken, I want a refund.",
        "Please take the {p} back.", "May I return an opened {p}?",
    ],
    "Support": [
        "The {p} does not turn on.", "My {p} makes a strange noise.",
        "How do I set up the {p}?", "The {p} shows an error message.",
        "My {p} stopped working.", "I cannot connect the {p} to the internet.",
        "How do I reset my {p}?", "The {p} keeps crashing.",
        "I forgot my password.", "The manual of the {p} is not clear to me.",
        "The button on my {p} is stuck.", "The software of the {p} will not update.",
    ],
    "Sales": [
        "How much is a {p}?", "Do you have the {p} in stock?",
        "Could we get a quote for 20 pieces of the {p}?", "Is there a discount on the {p}?",
        "I want to buy a {p}.", "Which {p} would you recommend?",
        "Do you sell a bigger {p}?", "Please send us your price list.",
        "We are interested in buying the {p}.", "Does the {p} come in black?",
        "What does the new {p} cost?", "Can I see the {p} in a shop before I buy it?",
    ],
    "Careers": [
        "I would like to apply for the job.", "Are you hiring at the moment?",
        "Please find my resume attached.", "Do you offer internships?",
        "Is the position in your {p} team still open?", "When will the interviews take place?",
        "I am looking for a job.", "I saw your job ad for a {p} designer.",
        "Did you receive my application?", "Do you have open positions for students?",
        "Whom should I send my resume to?", "I want to work for your company.",
    ],
}  # fmt: skip

NOVEL = {
    "Billing": [
        "You took the money for the {p} two times.", "The amount on the bill for my {p} is not right.",
        "I need an invoice for the {p} for my tax office.", "My credit card payment was declined.",
    ],
    "Shipping": [
        "I am still waiting for the {p} to arrive.", "The delivery of my {p} is five days late.",
        "Which day will the courier bring the {p}?", "My package with the {p} got lost on the way.",
    ],
    "Returns": [
        "I'd like to give the {p} back and get a refund.", "Where do I send a {p} I want to return?",
        "Could I exchange my {p} for a smaller one?", "This {p} is not for me, I am returning it.",
    ],
    "Support": [
        "The screen of my {p} stays black.", "My {p} will not start any more.",
        "I get an error when I use the {p}.", "How can I connect my {p}?",
    ],
    "Sales": [
        "What is the price of the {p}?", "Is the {p} available in red?",
        "We would like to buy ten of the {p}.", "Do you give a discount if I buy the {p} today?",
    ],
    "Careers": [
        "I want to apply as a {p} engineer.", "Is there a job for me in your {p} shop?",
        "I sent my resume for the {p} position last week.", "Are there any openings in the {p} department?",
    ],
}  # fmt: skip

OPENINGS = ["", "Hello, ", "Hi, ", "Dear team, ", "Good morning. ", "Hi there! "]
CLOSINGS = [
    "",
    " Thanks, Ann",
    " Regards, Tom",
    " Thank you!",
    " Best, Mia",
    " Please help.",
    " Ken",
]
OPENINGS_NOVEL = ["Good evening. ", "To whom it may concern: ", "Hey, ", ""]
CLOSINGS_NOVEL = [" Cheers, Liz", " Yours, Omar", " Many thanks, Yuki", ""]
