"""The gate's outcome as JUnit XML, the subset that Jenkins, GitLab and the common XSDs share."""

from __future__ import annotations

import socket
from xml.etree import ElementTree

from evalkit.report.gate_markdown import facts
from evalkit.report.gate_report import Check, GateReport
from evalkit.report.xml_text import legal


def junit_xml(report: GateReport) -> bytes:
    """A test suite with one case per column: a regression is a failure, what cannot be judged an error.

    Returns:
        UTF-8 XML with its declaration.
    """
    cases = [_case(check) for check in report.checks]
    if report.problem is not None:
        cases.append(_element("testcase", classname="evalkit.gate", name="gate", time="0"))
        cases[-1].append(_element("error", report.problem, message=report.problem, type="cannot judge"))
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": "evalkit gate",
            "package": "evalkit.gate",
            "id": "0",
            "timestamp": report.judged.removesuffix("Z"),
            "hostname": legal(socket.gethostname()) or "localhost",
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": str(sum(case.find("error") is not None for case in cases)),
            "skipped": str(sum(case.find("skipped") is not None for case in cases)),
            "time": "0",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name in ("baseline", "current", "policy", "model_baseline", "model_current", "outcome"):
        properties.append(_element("property", name=name, value=getattr(report, name)))
    suite.extend(cases)
    suite.append(
        _element("system-out", "\n".join(f"{check.column}: {check.status}. {facts(check)}" for check in report.checks))
    )
    suite.append(_element("system-err", "\n".join(report.notes)))
    ElementTree.indent(root)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _case(check: Check) -> ElementTree.Element:
    folder = check.column.split("/")[0] if "/" in check.column else check.column.split(".")[0]
    case = _element("testcase", classname=f"evalkit.gate.{folder}", name=check.column, time="0")
    text = "\n".join([facts(check), *check.marks])
    if check.status == "regression":
        case.append(_element("failure", text, message=f"{check.reason}: {facts(check)}", type="regression"))
    elif check.status == "cannot judge":
        case.append(_element("error", text, message=check.reason, type="cannot judge"))
    elif check.status == "ignored":
        case.append(_element("skipped"))
    return case


def _element(tag: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(tag, {key: legal(value) for key, value in attributes.items()})
    element.text = None if text is None else legal(text)
    return element
