"""What every signal of OTLP has in common, whether metrics or traces, pushed or asked for.

wire        bytes of either encoding -> message, and back
attributes  attributes as text
"""
