"""Mean-of-vectors classifier of sentence tasks (Iyyer et al. 2015, section 2)."""

from torch import Tensor, nn

from wvexp.models.modules.head import Head
from wvexp.models.modules.projection import projected


class MeanModel(nn.Module):
    """Mean of the sentence's vectors, tanh hidden layer, softmax."""

    def __init__(self, embedding: nn.Embedding, hidden: int, classes: int) -> None:
        super().__init__()
        self.embedding = embedding
        self.head = Head(embedding.embedding_dim, hidden, classes)

    def forward(self, rows: Tensor, offsets: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits [batch, classes].

        rows [tokens] of all sentences, one after another; offsets [batch + 1]. A sentence without
        tokens has the mean 0.
        """
        x = nn.functional.embedding_bag(
            rows,
            self.embedding.weight,
            offsets[:-1],
            mode="mean",
            sparse=self.embedding.sparse,
        )
        logits: Tensor = self.head(projected(self.embedding, x), mask)
        return logits
