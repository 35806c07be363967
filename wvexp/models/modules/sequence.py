"""Word vectors, an encoder, an output layer: `wvexp.backprop.sequence` in torch."""

from torch import Tensor, nn

from wvexp.models.modules.crf import Crf
from wvexp.models.modules.features import FeatureTables


class SequenceModel(nn.Module):
    """Scores of each token or text, from an encoder over the vectors of the words.

    Parameters
    ----------
    encoder
        From x [T, n] and offsets [B + 1] to h [T, m] or [B, m].
    outputs
        m.
    features, apart, weighted
        As `wvexp.backprop.sequence.SequenceClassifier` takes them.
    crf
        Whether the labels of a text are scored together.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        encoder: nn.Module,
        outputs: int,
        classes: int,
        *,
        features: FeatureTables | None = None,
        apart: bool = False,
        weighted: bool = False,
        crf: bool = False,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.features, self.apart, self.weighted = features, apart, weighted
        self.encoder = encoder
        self.output = nn.Linear(outputs, classes)
        self.crf = Crf(classes) if crf else None

    def forward(self, rows: Tensor, *more: Tensor, mask: Tensor | None = None) -> Tensor:
        """Scores [N, classes]; rows [T], offsets [B + 1] last, and between them what there is of
        the features' ids [T, slots] and the tokens' weights [T]."""
        *between, offsets = more
        x, given = self.embedding(rows), {}
        if self.apart and self.features is not None:
            given["extra"] = self.features(x[:, :0], between[0])
        elif self.features is not None:
            x = self.features(x, between[0])
        if self.weighted:
            given["token_weights"] = between[-1]
        scores: Tensor = self.output(self.encoder(x, offsets, mask, **given))
        return scores
