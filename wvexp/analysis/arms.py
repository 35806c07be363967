"""The four arms that are compared, and the order in which they are named."""

PRETRAINED_FROZEN, PRETRAINED_TUNED = "pretrained-frozen", "pretrained-tuned"
RANDOM_FROZEN, RANDOM_TUNED = "random-frozen", "random-tuned"
ARMS = (PRETRAINED_FROZEN, PRETRAINED_TUNED, RANDOM_FROZEN, RANDOM_TUNED)
