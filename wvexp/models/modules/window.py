"""Window classifier of token tasks (CS224N lecture 4; Collobert et al. 2011, section 3.2)."""

from torch import Tensor, nn

from wvexp.models.modules.head import Head


class WindowModel(nn.Module):
    """Concatenated vectors of a window, tanh hidden layer, softmax over the tags of its middle.

    x = [E[r_1]; ...; E[r_C]], h = tanh(W x + b), logits = U h + c.
    """

    def __init__(self, embedding: nn.Embedding, window: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.embedding = embedding
        self.head = Head(window * embedding.embedding_dim, hidden, classes)

    def forward(self, windows: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits [batch, classes] of windows [batch, window] of rows; `mask` as `Head` takes it."""
        logits: Tensor = self.head(self.embedding(windows).flatten(1), mask)
        return logits
