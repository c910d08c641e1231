"""Who refers to flags: nobody to some, some to none."""

from tidegate.core.catalog import Catalog, Service
from tidegate.core.flags.hygiene import FlagView, Inventory, Kind, Remark
from tidegate.core.flags.references import references, referred
from tidegate.core.ids import FlagKey, ServiceName

WEB, APP, BARE = map(ServiceName, ("web", "app", "bare"))
SALE, NEW = FlagKey("sale"), FlagKey("new")


def view(
    key: str, evaluated: float | None = None, *remarks: Remark, by: tuple[ServiceName, ...] = ()
) -> FlagView:
    return FlagView(
        key=FlagKey(key),
        enabled=True,
        variants=("on",),
        default="on",
        evaluated=evaluated,
        remarks=remarks,
        references=by,
    )


def test_services_refer_to_the_flags_that_their_live_versions_evaluate() -> None:
    services = {
        WEB: Service(name=WEB, flags=(NEW, SALE)),
        APP: Service(name=APP, flags=(NEW,)),
        BARE: Service(name=BARE),
    }
    assert references(Catalog(services=services)) == {NEW: (WEB, APP), SALE: (WEB,)}


def test_flags_nobody_refers_to_and_names_that_are_no_flag_are_remarked_on() -> None:
    owner = Remark(kind=Kind.OWNERLESS, message="none")
    dangling = Remark(
        kind=Kind.DANGLING, message="no Component refers to it, and it is not known to be evaluated"
    )
    found = Inventory(flags=(view("asked", 5.0), view("idle", None, owner), view("sale")))
    assert referred(found, {NEW: (WEB, APP), SALE: (WEB,)}) == Inventory(
        flags=(view("asked", 5.0), view("idle", None, owner, dangling), view("sale", by=(WEB,))),
        undefined={NEW: Remark(kind=Kind.UNDEFINED, message="no file defines it; named by web, app")},
    )
