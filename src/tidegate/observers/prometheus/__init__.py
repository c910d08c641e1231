"""Evidence from Prometheus, from raw samples: nothing is extrapolated, nothing is counted twice.

api         asks Prometheus, within bounds of size and time             Answer of Series
questions   everything that one reading needs, asked at one instant     Asked
mapping     series by the versions and edges that their labels name     Found
calls       those of requests and their durations, by how they went
targets     what is scraped, and until when a reading is complete
counters    what counters counted between two instants                  Ledger
coverage    what ought to be there and is not
missing     each kind of absence in words                               Missing
book        keeps totals from one asking to the next                    Reading
observer    asks when there is something new, for all who read

Error budgets, over times longer than raw samples could be read for, are counted by Prometheus itself:

clients     who is asked for which SLO
indicators  what was counted of an SLO up to an instant                 SloReading
budgets     holds limits to it, for all who judge                       Finding

Recorded requests are judged without a rollout:

past        asks for a past interval, piece by piece        PastRequests
steps       what was counted in each of its steps
holes       where samples of it are lacking
"""

from tidegate.observers.prometheus.api import Prometheus
from tidegate.observers.prometheus.budgets import PrometheusBudgets
from tidegate.observers.prometheus.clients import Clients
from tidegate.observers.prometheus.observer import PrometheusObserver
from tidegate.observers.prometheus.past import PastRequests, read_past
from tidegate.observers.prometheus.steps import Span

__all__ = [
    "Clients",
    "PastRequests",
    "Prometheus",
    "PrometheusBudgets",
    "PrometheusObserver",
    "Span",
    "read_past",
]
