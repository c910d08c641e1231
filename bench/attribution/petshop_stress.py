"""Faults made up at every other node, in recorded normal times: the issues of a corpus may all begin at one node.

A fault at a node costs seconds or failures, which go up to its callers along the graph in unequal parts, as large
as makes the target stand out. The noise is the recorded one; levels drift between normal times and the issue, as
they do over weeks, and nodes lose metrics, as they do. What goes up is additive, as the walk assumes; what is tested
is all the rest.
"""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
import numpy as np
from tidegate.core.attribution.anomaly import Measure, Metrics, Window
from tidegate.core.attribution.walk import reached
from tidegate.core.attribution.episode import Symptom
from bench.attribution.petshop_cases import Case, Times

ROWS = 5
ONSET = 2

KINDS = ("delay", "failures", "timeouts", "hog", "overload", "unheard")


def stressed(cases, per_node: int, seed: int):
    scen = {c.scenario: c for c in cases if c.own_normal}
    dice = np.random.default_rng(seed)
    out = []
    for c in scen.values():
        for kind in KINDS:
            measures = {"failures": [Measure.AVAILABILITY], "timeouts": [Measure.AVAILABILITY], "unheard": list(Measure)}.get(kind, [Measure.LATENCY])
            for m in measures:
                for x in reached(c.graph, c.symptom.node):
                    if kind in ("timeouts","unheard") and x == c.symptom.node: continue
                    for k in range(per_node):
                        case = made_up(c, kind, m, x, dice)
                        if case: out.append((kind, case))
    return out


def made_up(c, kind, measure, x, dice):
    some = c.normal
    n = len(next(iter(some.values())).requests)
    at = int(dice.integers(0, n - ROWS))
    win = {k: v.rows(slice(at, at + ROWS)) for k, v in some.items()}
    normal = {k: Metrics(requests=np.delete(v.requests, slice(at, at+ROWS)), latency=np.delete(v.latency, slice(at, at+ROWS)), availability=np.delete(v.availability, slice(at, at+ROWS))) for k, v in some.items()}
    if x not in win or not np.all(win[x].requests[ONSET:4] >= 5): return None
    win = {k: drifted(v, dice) for k, v in win.items()}
    target = Symptom(node=c.symptom.node, measure=measure)
    up = going_up(c.graph, x, target.node, win, dice)
    if up.get(target.node, 0) < 1e-3: return None
    usual = normal[target.node].cost(measure)
    mad = np.median(abs(usual - np.median(usual))) / .6745
    spread = max(mad, (np.quantile(usual, .95) - np.median(usual)) / 1.645)
    size = spread * np.exp(dice.uniform(np.log(5), np.log(20)))
    total = size * win[target.node].requests[ONSET] / up[target.node]   # at x, each interval
    course = np.zeros(ROWS); course[ONSET] = dice.uniform(.5, 1); course[ONSET+1] = 1
    failmax = .9 * np.nanmin(win[x].requests[ONSET:4])
    if measure is Measure.AVAILABILITY and kind == "failures" and total > failmax: return None
    res = dict(win)
    for node, share in up.items():
        vol = total * share * course * np.exp(dice.normal(0, .15, ROWS))
        if kind == "timeouts" and node == x:
            res[node] = slower(res[node], res[node].latency * res[node].requests * 20 * course); continue
        res[node] = (slower if measure is Measure.LATENCY else failing)(res[node], vol)
    if kind == "hog":
        leaves = [l for l in c.graph.get(x, ()) if not c.graph.get(l) and l in res]
        per = total / np.nanmedian(win[x].requests) / max(len(leaves) + 1, 1)
        for l in leaves:
            own = win[l].requests * dice.uniform(.5, 1)
            res[l] = slower(res[l], own * np.minimum(per, win[l].latency * 3) * course)
    if kind == "overload":
        factor = 1 + course * dice.uniform(1, 4)
        for d in reached(c.graph, x):
            if d in res:
                res[d] = replace(res[d], requests=np.round(res[d].requests * factor))
                if d != x: res[d] = replace(res[d], latency=res[d].latency * (1 + (factor - 1) * dice.uniform(0, .7)))
    if kind == "unheard":
        nothing = np.full(ROWS, np.nan); none = np.where(np.arange(ROWS) >= ONSET, np.nan, 1)
        res[x] = replace(res[x], requests=res[x].requests * none, latency=res[x].latency * none, availability=res[x].availability * none)
    for node in list(res):
        if node not in (x, target.node) and dice.random() < .05: del res[node]
    return Case(name=f"{c.scenario}/{kind}/{measure}/{x}", scenario=c.scenario, graph=c.graph, symptom=target, at=ONSET * 300.0 + 10, normal=normal,
        times=Times(starts=np.arange(ROWS) * 300.0, window=res), root=x, own_normal=True)


def drifted(v, dice):
    return replace(v, latency=v.latency * np.exp(dice.normal(0, .1)))


def slower(v, vol):
    with np.errstate(invalid="ignore", divide="ignore"):
        return replace(v, latency=np.where(v.requests > 0, v.latency + vol / v.requests, v.latency))


def failing(v, vol):
    with np.errstate(invalid="ignore", divide="ignore"):
        f = np.minimum(np.round(v.requests * (1 - v.availability / 100) + vol), v.requests)
        return replace(v, availability=np.where(v.requests > 0, 100 * (1 - f / v.requests), v.availability))


def going_up(graph, x, target, win, dice):
    callers = {n: [m for m in graph if n in graph[m] and m in win and np.nansum(win[m].requests[ONSET:4]) > 0] for n in graph}
    share, waiting, order = {x: 1.0}, [x], 0
    for _ in range(12):
        nxt = []
        for n in waiting:
            cs = callers.get(n, [])
            if not cs: continue
            parts = dice.dirichlet([2.0 * max(float(np.nansum(win[m].requests)), 1) / sum(max(float(np.nansum(win[k].requests)),1) for k in cs) * len(cs) for m in cs])
            for m, p in zip(cs, parts):
                share[m] = share.get(m, 0) + share[n] * p if n != target else share.get(m, 0)
                if m != target: nxt.append(m)
        if not nxt: break
        waiting = list(dict.fromkeys(nxt))
    return share
