"""Three web nodes and three workers die in turn; the whole campaign is `python -m tests.campaigns.many_machines`."""

import pytest

from engine import cluster
from tests.campaigns.many_machines import Campaign, run
from tests.databases import postgres_database

pytestmark = pytest.mark.story


def test_killing_any_node_of_a_cluster_loses_nothing_that_was_acknowledged(postgres_server):
    with postgres_database(postgres_server) as url:
        cluster.upgrade(url)

        report = run(Campaign(url=url, posts=60, ends=6))

    assert (report.lost_posts, report.lost_calls, report.half_states, report.lost_letters) == (0, 0, 0, 0)
    assert report.ok, report
