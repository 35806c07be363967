"""Convolutional sentence classifier (Kim 2014, section 2)."""

from torch import Tensor, nn

from wvexp.models.modules.conv import ConvEncoder


class CnnModel(ConvEncoder):
    """The encoder over the word vectors, and a softmax.

    It is an encoder rather than holding one so that its parameters keep the names that they have
    in saved models: `convolutions.0.weight`.
    """

    def __init__(
        self, embedding: nn.Embedding, widths: list[int], filters: int, classes: int
    ) -> None:
        super().__init__(embedding.embedding_dim, widths, filters)
        self.embedding = embedding
        self.output = nn.Linear(filters * len(widths), classes)

    def forward(self, rows: Tensor, offsets: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits [batch, classes]; arguments as `MeanModel.forward`."""
        # Rows rather than vectors are padded, a number each instead of d: row 0 is PAD, the zero
        # vector.
        x = self.embedding(self.pad(rows, offsets))
        logits: Tensor = self.output(self.pool(x, offsets, mask))
        return logits
