"""When the releases of a plan run: within windows, outside freezes, and never more at once than is allowed.

    policy     what a change file asks: a calendar, and limits on what is under change at once
    calendar   windows and freezes of a time zone → openings, the seconds in which releases may begin and run
    jobs       plan, catalog and policy → a problem: jobs with durations, precedence and demands on resources
    greedy     a schedule, always, by list scheduling
    bound      how early any schedule could possibly end, and what stands in the way of an earlier one
    check      what is wrong with a schedule, found without the code that made it

Only an order in time is planned; whoever carries it out asks the calendar again when it acts.
"""
