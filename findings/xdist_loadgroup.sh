#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: `--dist loadgroup` ignores @pytest.mark.xdist_group, silently.
#
# A guess would be that tests of one group run in one process, as the documentation says, or that an
# unsupported pytest is refused. Seen: six tests of one group are dealt to both processes, with no
# warning. xdist appends "@group" to the attribute _nodeid of each test; in pytest 9.2 nodeid is a
# property that no longer reads that attribute, so the scheduler never sees a group. With pytest 8.4.2
# the same tests stay together.
set -euo pipefail
cd "$(mktemp -d)"

cat > test_group.py <<'PY'
import os

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("i", range(6))
def test_where(i):
    with open("where.txt", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PY

processes() { # how many processes got tests of the one group, with this version of pytest
  python3 -m venv "venv-$1"
  "venv-$1/bin/pip" install --quiet --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0 >&2
  rm -f where.txt
  "venv-$1/bin/pytest" -q -n 2 --dist loadgroup -p no:cacheprovider test_group.py >&2
  sort -u where.txt | wc -l
}

new=$(processes 9.2.0)
old=$(processes 8.4.2)
echo "processes that got tests of one group: pytest 9.2.0: $new, pytest 8.4.2: $old"
test "$new" -eq 2 && test "$old" -eq 1
