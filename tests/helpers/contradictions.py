"""Which pairs of statements of a report contradict each other: in the findings, and as they read.

`in_findings` holds the structures against each other, `on_page` the lines of the Markdown, read as
a reader would, against the lines and tables beside them. Each returns sentences that begin with
the kind of the contradiction.
"""

import json
import re
from dataclasses import dataclass
from html import escape

from wvexp.analysis.choice import SURE
from wvexp.arms import FOUR_NAMES
from wvexp.report.advice import advice, headline
from wvexp.report.markdown import markdown
from wvexp.report.tables import verdict_table
from wvexp.report.words import CLAIMS

AT_LEAST, SUFFICES, SMALL, LARGE = CLAIMS.values()
POLICY = ("pretrained-frozen", "pretrained-tuned")
_, PRETRAINED_TUNED, _, RANDOM_TUNED = FOUR_NAMES
TUNED = (PRETRAINED_TUNED, RANDOM_TUNED)
_ARM = r"[a-z]+-[a-z]+"
_SIZE = r"(?:about )?\d{1,3}(?:,\d{3})*"
_SIZES = rf"{_SIZE}(?:(?: (?!and)[a-z]+)?(?:, | and (?:at )?){_SIZE})*"


def in_findings(f):
    """Contradictions between the choice, the claims, the crossovers and the comparisons."""
    found = []
    top, choice = f.sizes[-1], f.choice
    pairs = {(c.a, c.b, c.size): c for c in f.comparisons}
    if choice.decided and (choice.confidence or 0.0) < SURE:
        found.append(f"choice: decided with a confidence of {choice.confidence}")
    if choice.decided and (choice.blockers or f.falls_short or choice.settling):
        found.append("choice: decided, and something stands in the way")
    at_top = {s.arm: s.score for s in f.scores if s.size == top and s.arm in FOUR_NAMES}
    if at_top and at_top.get(choice.recommended) != max(at_top.values()):
        found.append(f"choice: {choice.recommended} has not the highest score")
    for name, crossing in f.crossovers.items():
        a, b = name.split(" - ")
        for size, leader in zip(crossing.sizes, crossing.leaders, strict=True):
            ahead = pairs[a, b, size].ahead
            if len(crossing.sizes) > 1 and {"A": a, "B": b, None: None}[leader] != ahead:
                found.append(f"crossover: {leader} of {name} at {size}, where {ahead} is ahead")
    for c in f.comparisons:
        if c.winner and c.winner != c.ahead:
            found.append(f"call: {c.winner} at {c.size}, where {c.ahead} is ahead")
    for v in f.verdicts:
        found += _verdict_in_findings(f, v, pairs)
    return found


def _verdict_in_findings(f, v, pairs):
    top, chosen = f.sizes[-1], f.choice.recommended if f.choice.decided else None
    if v.status == "not tested":
        return []
    found = []
    if f.falls_short and v.claim in ("random_suffices", "tune_when_large"):
        found.append(f"claim: {v.claim} is {v.status}, and nothing large was measured")
    if v.claim in ("freeze_when_small", "tune_when_large") and v.deciding:
        advised = POLICY[v.claim == "tune_when_large"]
        winner = v.deciding.comparison.winner
        status = {None: "undecided", advised: "supported"}.get(winner, "contradicted")
        if v.status != status:
            found.append(f"claim: {v.claim} is {v.status}, and {winner} is called")
    if v.claim == "tune_when_large" and chosen in POLICY:
        winner = pairs[(*POLICY, top)].winner
        if winner != chosen and v.beside is None and v.deciding:
            found.append(f"choice and claim: {chosen} is taken, and {winner} called, unexplained")
    if v.claim == "random_suffices":
        if f.fade and v.fade and f.fade != v.fade:
            found.append("fade: two of them")
        below = f.fade is not None and f.fade.status in ("measured", "below")
        if v.status == "supported" and not below:
            found.append(f"claim: random vectors suffice, and the fade is {f.fade}")
        if v.status == "contradicted" and f.fade.status != "growing":
            found.append(f"claim: the gain grows, and the fade is {f.fade.status}")
        near = f.choice.near_best.get(RANDOM_TUNED, 0.0) >= SURE
        if v.status == "undecided" and near and v.beside != "less_sure":
            found.append("choice and claim: random-tuned is as good, unexplained")
    return found


@dataclass
class Page:
    """What a reader reads: of the Markdown, and `decision.json`, empty where there is none."""

    lines: list[str]
    claims: dict[str, tuple[str, str]]
    tables: dict[str, list[dict[str, str]]]
    mind: list[str]
    decision: dict

    @property
    def headline(self):
        return self.lines[0]

    def line(self, start):
        return next((line for line in self.lines if line.startswith(start)), "")


def page_of(f, decision):
    """The page of these findings, read back from its Markdown."""
    text = re.sub(r"\\([\\`*_\[\]<>|#!])", r"\1", markdown(f, [], "images"))
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    title, *rest = [line for line in head.splitlines() if line]
    lines = [title.removeprefix("# "), *(x[2:] for x in rest if x.startswith("- "))]
    tables, mind = {}, []
    for section in sections:
        name, _, body = section.partition("\n")
        if name == "What to mind":
            mind = [line[2:] for line in body.splitlines() if line]
        rows = [line[2:-2].split(" | ") for line in body.splitlines() if line.startswith("| ")]
        if rows:
            tables[name] = [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]
    claims = {
        row["claim"]: (row["verdict"], row["because"])
        for row in tables.pop("The guidance, claim by claim")
    }
    content = json.loads(json.dumps(decision.to_json())) if decision else {}
    return Page(lines, claims, tables, mind, content)


def on_page(page):
    """Contradictions between the lines, the claims and the tables."""
    return [
        *_about_the_choice(page),
        *_choice_and_claims(page),
        *_flips(page),
        *_fades(page),
        *_claims(page),
        *_gaps(page),
        *_json(page),
    ]


def _comparisons(page):
    """(a, b, size) -> (low, high, call) in points; None, None without an interval."""
    found = {}
    for row in page.tables.get("Every comparison", []):
        a, b = row["arms"].split(" - ")
        size = row.get("sentences", row.get("tokens"))
        low, high = (
            (None, None) if row["95 % interval"] == "none" else row["95 % interval"].split(" to ")
        )
        ends = (None, None) if low is None else (float(low), float(high))
        found[a, b, _number(size)] = (*ends, row["call"])
    return found


def _scores(page):
    """(arm, size, score in %) of every cell of the table."""
    return [
        (arm, _number(row.get("sentences", row.get("tokens"))), float(cell.split()[0]))
        for row in page.tables.get("Test scores", [])
        for arm, cell in row.items()
        if arm not in ("sentences", "tokens") and cell != "–"
    ]


def _number(text):
    return int(text.removeprefix("about ").replace(",", ""))


def _chosen(page):
    """The arm of the headline, and whether it is to be taken."""
    told = re.match(rf"(Take|Undecided; the best so far is) ({_ARM}):", page.headline)
    return (told[2], told[1] == "Take") if told else (None, False)


def _sure(page):
    """Percent, margin in points, size, and what follows of the line; None without a number."""
    line = page.line("How sure: ")
    told = re.match(
        r"How sure: ([\d.]+) % that it is within ([\d.]+) points? of the best arm, at ([\d,]+) "
        r"\w+(.*)\.$",
        line,
    )
    return (float(told[1]), float(told[2]), _number(told[3]), told[4]) if told else None


def _as_good(rest):
    told = re.search(r"; so is ([^;]+)", rest)
    return set(re.findall(_ARM, told[1])) if told else set()


def _about_the_choice(page):
    arm, taken = _chosen(page)
    scores, sure = _scores(page), _sure(page)
    found = []
    if arm is None:
        if "no arm was measured." in page.headline and scores:
            found.append("no answer: no arm was measured, and there are scores")
        return found
    top = max(size for _, size, _ in scores)
    best = max(score for a, size, score in scores if size == top and a in FOUR_NAMES)
    if (arm, top, best) not in scores:
        found.append(f"best: {arm} is named, and has not the highest score at {top}")
    settling, cost = page.line("What would settle it"), page.line("What it costs")
    if taken and (sure is None or sure[0] < 95 or settling or "unknown" in cost):
        found.append("decided: an arm is taken, and something says that it is not settled")
    if sure is None:
        return found
    percent, margin, size, rest = sure
    behind = rest.replace("; so is", "")
    reasons = [x for x in behind.split("; ")[1:] if not x.startswith("ahead of it over")]
    reasons = [x for x in reasons if not re.fullmatch(rf" {_ARM}((, | and ){_ARM})*", x)]
    if not taken and percent >= 95 and not [x for x in reasons if not re.match(_ARM + "$", x)]:
        found.append(f"undecided: {percent} % sure, and no reason why that is not enough")
    named = re.search(r"ahead of it over the seeds in common: (.*?)(;|$)", rest)
    named = set(re.findall(_ARM, named[1])) if named else set()
    for other, low, high, call in _against(page, arm, size):
        if low is None or other not in FOUR_NAMES:
            continue
        if (low > 0 or call == other) and other not in named:
            found.append(f"behind: {arm} is named best, and {other} is ahead by {low} points")
        if "no other arm is better" in cost and high > 0.05:
            found.append(f"cost: no other arm is better, and {other} may be by {high} points")
        at_most = re.search(r"at most ([\d.]+) points?", cost)
        if at_most and high > float(at_most[1]) + 0.05 and "cut at 100 %" not in cost:
            found.append(f"cost: {cost} and {other} may be better by {high} points")
        if other in _as_good(rest) and high < -margin - 0.05:
            found.append(f"as good: so is {other}, which is surely behind by {-high} points")
    at_most = re.search(r"at most ([\d.]+) points?", cost)
    if taken and at_most and float(at_most[1]) > margin and "interval" not in cost:
        found.append(f"cost: within {margin} points of the best, and {cost}")
    if not taken and not reasons and "no other arm is better, at 95 %" in cost:
        found.append("cost: no other arm is better, and still undecided")
    return found


def _against(page, arm, size):
    """The other arms against this one: name, low, high of their lead, and the call."""
    for (a, b, at), (low, high, call) in _comparisons(page).items():
        if at != size or arm not in (a, b):
            continue
        if arm == b:
            yield a, low, high, call
        else:
            yield b, *((None, None) if low is None else (-high, -low)), call


def _choice_and_claims(page):
    """An arm that is taken, or as good, beside a claim about it that says otherwise."""
    arm, taken = _chosen(page)
    sure, found = _sure(page), []
    tune, suffices = page.claims[LARGE], page.claims[SUFFICES]

    def told(reason):
        return re.search(r"is the choice|within [\d.]+ points? of the best arm", reason)

    said = {"supported": POLICY[1], "contradicted": POLICY[0], "undecided": None}
    other = taken and arm in POLICY and said.get(tune[0], arm) != arm
    if other and not told(tune[1]) and "has no interval" not in tune[1]:
        found.append(f"choice and claim: take {arm}; tuning on large sets is {tune[0]}")
    near = sure and sure[0] >= 95 and (arm == RANDOM_TUNED or RANDOM_TUNED in _as_good(sure[3]))
    if near and suffices[0] not in ("supported", "not tested") and not told(suffices[1]):
        found.append(f"choice and claim: random-tuned as good; that it is: {suffices[0]}")
    general = page.claims[AT_LEAST]
    unlike = taken and arm.startswith("random") and general[0] == "supported"
    if unlike and not told(general[1]):
        found.append(f"choice and claim: take {arm}; pretrained is at least as good")
    if taken and arm.startswith("pretrained") and general[0] in ("undecided", "contradicted"):
        at_top = re.search(rf"{arm} minus {_ARM} is [^;]* at size {sure[2]:,}", general[1])
        if at_top and not told(general[1]):
            found.append(f"choice and claim: take {arm}; that it is as good as random is not said")
    return found


def said_ahead(words, sizes):
    """size -> the arms that the words put ahead there, of the measured sizes."""
    ahead = {size: set() for size in sizes}
    gaps = set()
    for listed in re.findall(rf"not decided at ({_SIZES})", words):
        gaps |= set(_sizes(listed))
    for listed in re.findall(r"size ([\d,]+) left out", words):
        gaps.add(_number(listed))
    verb = rf"({_ARM}) (?:leads|is ahead) "
    stretch = re.search(verb + rf"up to ({_SIZE})[^,;]*, ({_ARM}) ", words)
    spans = []
    for arm in re.findall(verb + "at every size", words):
        spans.append((arm, min(sizes), max(sizes)))
    for arm, to in re.findall(verb + rf"up to ({_SIZE})", words):
        spans.append((arm, min(sizes), _inwards(to, -1)))
    second = [(stretch[3], words[stretch.end() :])] if stretch else []
    for arm, rest in [*second, *((m[1], words[m.end() :]) for m in re.finditer(verb, words))]:
        if since := re.match(rf"from ({_SIZE}) ?\w* to ([\d,]+), the largest", rest):
            spans.append((arm, _inwards(since[1], 1), _number(since[2])))
        elif at := re.match(rf"at ({_SIZES})", rest):
            other = re.match(rf"(?: [a-z]+)?, ({_ARM}) at ({_SIZES})", rest[at.end() :])
            for who, where in [(arm, at[1]), *([other.groups()] if other else [])]:
                spans += [(who, size, size) for size in _sizes(where)]
    for arm, low, high in spans:
        for size in sizes:
            if low <= size <= high and size not in gaps:
                ahead[size].add(arm)
    return ahead


def _sizes(text):
    """The sizes that a text lists, those that are rounded left out."""
    return [_number(x) for x in re.findall(_SIZE, text) if not x.startswith("about")]


def _inwards(place, towards):
    """A size as it was said; one that is rounded may lie half a percent on either side."""
    return _number(place) * (1 + 0.005 * towards * place.startswith("about"))


def _not_called(words):
    """The sizes that the words say are not called; True: all of them."""
    if "called at no size with all" in words:
        return True
    told = re.search(rf"not called at ({_SIZES}) with all|\(at ({_SIZES}) not called", words)
    return set(_sizes(told[1] or told[2])) if told else set()


def _flips(page):
    """Where arms change places, against the intervals and calls of the comparisons."""
    found, compared = [], _comparisons(page)
    rows = page.tables.get("Where arms change places", [])
    for row in rows:
        a, b = row["arms"].split(" against ")
        words = row["what is known"]
        if (a, b) == POLICY and words not in page.line("Where it flips"):
            found.append("flip: the line and the table say different things")
        at = {
            s: x for (x0, x1, s), x in compared.items() if (x0, x1) == (a, b) and x[0] is not None
        }
        if "cannot be told" in words or not at:
            continue
        denied = _not_called(words)
        ahead = said_ahead(words, at)
        if re.search("(leads|is ahead) at every size measured", words) and any(
            low < 0 < high for low, high, _ in at.values()
        ):
            found.append(f"flip: {words}, and not by the interval of one")
        for size, (low, high, call) in at.items():
            said, by_interval = ahead[size], a if low > 0 else b if high < 0 else None
            if len(said) > 1 or (said and low < 0 < high) or (by_interval and said - {by_interval}):
                found.append(f"flip: {said} at {size}, where the interval is {low} to {high}")
            if by_interval and not said and f"size {size:,} left out" not in words:
                found.append(f"flip: nothing said of {by_interval}, ahead at {size}: {words}")
            uncalled = denied is True or size in denied
            if said and uncalled and call in said:
                found.append(f"flip: {size} is said not to be called, and {call} is")
            if said and not uncalled and call not in said:
                found.append(f"flip and call: {said} at {size}, which is not called")
            if said and uncalled and re.search(r" leads ", words):
                found.append(f"lead and call: {said} leads at {size}, and is not called there")
    return found


def _fade_at_top(words, top):
    """What the line says of the gain at the largest size: above or below the margin, or neither."""
    if words.startswith("still above"):
        return "above"
    if re.match(r"(falls below|below) .* (at every size measured|between|from|the largest)", words):
        return "below"
    said = re.findall(rf"(?<!surely )(above|below) [\d.]+ points? at ({_SIZE})", words)
    ends = {_number(place): where for where, place in said}
    both = re.search(rf"(above|below) [\d.]+ points? at [\d,]+ \w+ and at {top:,}", words)
    return both[1] if both else ends.get(top)


def _fades(page):
    rows = page.tables.get("Where the gain of pretrained vectors fades", [])
    if not rows:
        return []
    words, (status, reason) = rows[0]["what is known"], page.claims[SUFFICES]
    found = []
    if words not in page.line("The gain of pretrained over random vectors, tuned: "):
        found.append("fade: the line and the table say different things")
    at = {
        s: x for (a, b, s), x in _comparisons(page).items() if (a, b) == TUNED and x[0] is not None
    }
    if "cannot be told" in words or status == "not tested" or not at:
        return found
    top = max(size for _, size, _ in _scores(page))
    where = _fade_at_top(words, top)
    margin = float(re.search(r"([\d.]+) points?", words)[1])
    if top in at and "left out" not in words:
        low, high, _ = at[top]
        if (where == "below" and high > margin + 0.05) or (
            where == "above" and low < margin - 0.05
        ):
            found.append(f"fade: {where} {margin} points at {top}, where it is {low} to {high}")
    if status == "supported" and where != "below":
        found.append(f"fade and claim: random suffices, and the gain: {words}")
    if status == "contradicted" and (where != "above" or "extrapolated" in words):
        found.append(f"fade and claim: the gain grows, and: {words}")
    falls = status == "undecided" and where == "below" and top in at
    if falls and not re.search("by the interval|more than once|has no interval", reason):
        found.append(f"fade and claim: the gain: {words}; {reason}")
    return found


def _claims(page):
    """The claims against the calls of the comparisons and the line that says where it flips."""
    found, compared = [], _comparisons(page)
    at = {s: x for (a, b, s), x in compared.items() if (a, b) == POLICY}
    for claim, advised, end in ((SMALL, POLICY[0], min), (LARGE, POLICY[1], max)):
        status, reason = page.claims[claim]
        if status == "not tested" or "has no interval" in reason:
            continue
        low, high, call = at[end(at)]
        expected = {advised: "supported"}.get(
            call, "contradicted" if call in POLICY else "undecided"
        )
        if status != expected:
            found.append(f"claim and call: {claim} is {status}, and the call is {call}")
        if reason.startswith("no winner") and (low > 0 or high < 0):
            found.append(f"claim and flip: {claim}: no winner, and {low} to {high}")
        if "is ahead by the interval" in reason and (low < 0 < high or call in POLICY):
            found.append(f"claim and flip: {reason}, where {low} to {high}, {call}")
    status, reason = page.claims[AT_LEAST]
    called = [
        (b, size)
        for (a, b, size), (_, _, call) in compared.items()
        if (a, b) in (TUNED, ("pretrained-frozen", "random-frozen")) and call == b
    ]
    if status == "contradicted" and not called:
        found.append("claim and call: random is better, and is called so nowhere")
    if status != "contradicted":
        for arm, size in called:
            if f"{arm} at {size:,}" not in reason:
                found.append(f"claim and call: {AT_LEAST}: {status}; {arm} is called at {size}")
    if "no loss seen" in reason and called:
        found.append("claim and call: no loss seen, and one called")
    return found


def _gaps(page):
    """What is said to be missing, against what is there."""
    found, scores = [], _scores(page)
    sizes, arms = {size for _, size, _ in scores}, {arm for arm, _, _ in scores}
    for entry in page.mind:
        told = re.search(rf"left out (?:.*, )?all arms at ({_SIZES})", entry)
        for size in _sizes(told[1]) if told else ():
            if size in sizes:
                found.append(f"left out: all arms at {size}, where there are scores")
        absent = re.fullmatch(rf"no run of the arm ({_ARM})", entry)
        if absent and absent[1] in arms:
            found.append(f"left out: no run of {absent[1]}, which has scores")
        if entry.startswith("one training size") and len(sizes) > 1:
            found.append("left out: one training size, and there are more")
    upto = re.search(r"measured up to ([\d,]+) of ([\d,]+)", " ".join(page.lines))
    if upto and sizes and max(sizes) > _number(upto[1]):
        found.append(f"left out: measured up to {upto[1]}, and there are scores at {max(sizes)}")
    large = (page.claims[LARGE][0], page.claims[SUFFICES][0])
    if upto and set(large) != {"not tested"}:
        found.append("left out: nothing large was measured, and a claim about it judged")
    return found


def _json(page):
    """`decision.json` beside the page."""
    if not page.decision:
        return []
    found, d = [], page.decision
    arm, taken = _chosen(page)
    if d["choice"] != (arm if taken else "undecided") or d["recommended"] != arm:
        found.append(f"decision.json: {d['choice']}, and {page.headline}")
    if d["advice"] != page.lines:
        found.append("decision.json: other advice than on the page")
    for (status, reason), verdict in zip(page.claims.values(), d["verdicts"].values(), strict=True):
        if (status, reason) != (verdict["status"], f"{verdict['reason']}."):
            found.append("decision.json: other verdicts than on the page")
    compared = _comparisons(page)
    for at in d["crossover"]["sizes"]:
        low, high, call = compared[(*POLICY, int(at["size"]))]
        ahead = at.get("ahead", at.get("leads"))
        if at["called"] != (call in POLICY) or (at["called"] and call != ahead):
            found.append(f"decision.json: {at}, and the call is {call}")
        if low is not None and (
            (ahead is not None and low < 0 < high)
            or (ahead == POLICY[0] and high < 0)
            or (ahead == POLICY[1] and low > 0)
        ):
            found.append(f"decision.json: {at}, and the interval is {low} to {high}")
    return found


def missing_from(html, f):
    """What the HTML page lacks of the headline, the advice and the claims."""
    wanted = [headline(f), *advice(f)[1:], *(cell for row in verdict_table(f).rows for cell in row)]
    return [text for text in wanted if escape(str(text)) not in html]
