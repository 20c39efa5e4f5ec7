"""A sequence whose last answer differs, made short: steps are left out as long as the same difference stays."""
import itertools

SECONDS_MAX = 60


def shrink(steps, differs, clock):
    """differs(steps) replays a sequence in a fresh episode and tells whether it still ends in the difference."""
    deadline = clock() + SECONDS_MAX
    kept, size = list(steps), max(1, len(steps) // 2)
    while clock() < deadline:
        removed = False
        at = 0
        while at < len(kept) - 1 and clock() < deadline:
            shorter = kept[:at] + kept[min(at + size, len(kept) - 1):]
            if len(shorter) < len(kept) and differs(shorter):
                kept, removed = shorter, True
            else:
                at += size
        if size == 1 and not removed:
            break
        if not removed or size > len(kept):
            size = max(1, size // 2)
    return kept


def scopes(lane, lanes):
    """Every replay is an episode of its own; no two lanes have one in common."""
    return ('ep%d-' % number for number in itertools.count(1 + lane, lanes))
