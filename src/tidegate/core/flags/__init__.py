"""Feature flags, in the words of OpenFeature and in the format of flagd: what is defined, served and evaluated.

definitions   a flag and a set of flags, as a file of flagd defines them
evaluation    what a flag is for somebody: value, variant, reason
logic         rules, compiled
evaluator     definitions and a context ─► evaluations
typed         a flag asked for as a type
document      a set of flags as flagd's JSON
checks        what is wrong with definitions
facts         what metadata say of a flag
serving       what is served: definitions, with what rollouts expose and people have switched off
hygiene       what is to be known of flags while they are served
references    who refers to flags
changes       what has become of flags between two sets
"""
