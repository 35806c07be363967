"""Which features of tokens a model reads where nobody says so."""

from wvexp.config.schema import Config
from wvexp.data.corpus import Corpus
from wvexp.data.features import AFFIX, CASE
from wvexp.models import AUTO, MODELS, default_model
from wvexp.tasks import TokenTask


def usual_features(corpus: Corpus) -> list[str]:
    """Of a token task whose training text loses capitals to the vectors, how words are written.

    Lower-cased vectors hide what names are told by: measured in `docs/method.md`.
    """
    if corpus.typed is None or not isinstance(corpus.train.kind, TokenTask):
        return []
    assert corpus.train.typed is not None
    differ = [word != word.lower() for word in corpus.typed]
    changed = any(differ[form] for form in set(corpus.train.typed.tolist()))
    return [CASE.name, AFFIX.name] if changed else []


def features_notes(config: Config, corpus: Corpus) -> list[str]:
    """Says that features were taken, where they were and a model of the configuration has them."""
    if config.model.features is not None:
        return []
    names = config.grid.model or [config.model.name]
    specs = [default_model(corpus.train.kind) if n == AUTO else MODELS[n] for n in names]
    taken = usual_features(corpus)
    if not taken or not any("features" in spec.key_names for spec in specs):
        return []
    return [
        f"the vectors' words are lower-cased, which hides capitals: model.features="
        f"[{','.join(taken)}] reads how words are written; model.features=[] leaves it out",
    ]
