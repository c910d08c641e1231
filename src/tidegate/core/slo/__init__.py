"""Service level objectives: what is promised, how it is measured, and what is left of the error budget.

definitions    SLIs, SLOs and where their data comes from, as OpenSLO v1 names them
window         the time over which an SLO must hold: rolling, or aligned with the calendar
promql         the expressions that count an SLI in Prometheus
budget         counts → what is left of an error budget, and how fast it burns
alerts         multiwindow, multi-burn-rate alerts
bound          what a gate may ask of a budget, and the answers
status         what people are shown of an SLO
"""
