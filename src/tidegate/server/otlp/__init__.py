"""Where metrics and traces are pushed by OTLP. A push flows through these, top to bottom:

access    who may push what, by the token they have
refusals  why a push is turned away, as HTTP and gRPC say it
work      how many pushes are in work at once
signals   a push of metrics or traces -> what whoever pushed is told
http      `POST /v1/metrics`, `POST /v1/traces`
grpc      `MetricsService/Export`, `TraceService/Export`
"""
