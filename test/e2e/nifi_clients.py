"""nipyapi against a server: deploys flows saved by NiFi 1.x and 2.x, configures and runs them, edits the canvas.

    nifi_clients.py FRESHET EXAMPLE_DIRECTORY
"""
import json
import pathlib
import sys

import nipyapi
from nipyapi import canvas, nifi, parameters

from freshet import Freshet

PROGRAM, EXAMPLE = sys.argv[1], pathlib.Path(sys.argv[2])
nipyapi.config.nifi_config.retries = False
nipyapi.config.short_max_wait = nipyapi.config.long_max_wait = 60


def log_in(server):
    lock = json.loads(pathlib.Path(server.data, "LOCK").read_text())
    nipyapi.utils.set_endpoint(lock["warehouse"] + "/nifi-api", ssl=False, login=False)
    token = nifi.AccessApi().create_access_token(username="x", password=lock["access_token"])
    nipyapi.security.set_service_auth_token(token=token, service="nifi")
    assert nipyapi.system.get_nifi_version_info().ni_fi_version == "1.28.1"
    assert nifi.FlowApi().get_about_info().about.title == "NiFi"


def refused(call, status):
    try:
        call()
    except nifi.rest.ApiException as error:
        assert error.status == status, error
        return error.body
    except ValueError as error:  # as nipyapi tells them
        return str(error)
    raise AssertionError(f"{call} was not refused")


def property_of(processor, name):
    return processor.component.config.properties[name]


def upload(text, name):
    root = canvas.get_root_pg_id()
    group = nipyapi.versioning.import_process_group_definition(
        canvas.get_process_group(root, "id"), flow_definition=text, position=(400.0, 80.0))
    return canvas.update_process_group(group, {"name": name})


def deploys(folder, text, name):
    """A definition is uploaded, its parameters set, and it runs until it is drained."""
    folder.mkdir()
    for number in range(3):
        (folder / f"customers_{number}.csv").write_text(f"id,name\n{number},someone\n")
    group = upload(text, name)
    assert group.component.position.x == 400.0, group.component.position
    assert canvas.get_process_group(name).id == group.id
    context = parameters.get_parameter_context(group.parameter_context.id, identifier_type="id")
    for parameter, value in (("input_directory", str(folder)), ("bucket", name)):
        context = parameters.upsert_parameter_to_context(context, parameters.prepare_parameter(parameter, value))
    values = {p.parameter.name: p.parameter.value for p in context.component.parameters}
    assert values["bucket"] == name, values
    assert [bound.id for bound in parameters.get_parameter_context(context.id, "id").component.bound_process_groups].count(group.id) == 1

    processors = {p.component.name: p for p in canvas.list_all_processors(group.id)}
    assert set(processors) == {"ListFile", "FetchFile", "PutS3Object"}, processors
    assert property_of(processors["ListFile"], "Input Directory") == "#{input_directory}"
    put = processors["PutS3Object"]
    connections = {c.component.source.name: c for c in canvas.list_all_connections(group.id)}

    # Without its sink the flow fills a queue, which is listed and read.
    for source in ("ListFile", "FetchFile"):
        assert canvas.schedule_processor(processors[source], True)
    waiting = connections["FetchFile"].id
    wait(lambda: canvas.get_connection(waiting).status.aggregate_snapshot.flow_files_queued == 3)
    listed = canvas.list_flowfiles(waiting)
    assert sorted(file.filename for file in listed) == [f"customers_{n}.csv" for n in range(3)], listed
    first = next(file for file in listed if file.filename == "customers_0.csv")
    details = canvas.get_flowfile_details(waiting, first.uuid)
    assert details.attributes["absolute.path"].startswith(str(folder)), details.attributes
    assert canvas.get_flowfile_content(waiting, first.uuid, decode="text") == "id,name\n0,someone\n"
    refused(lambda: canvas.delete_connection(canvas.get_connection(waiting)), 409)
    refused(lambda: canvas.delete_process_group(group, refresh=True), 409)

    assert canvas.schedule_process_group(group.id, True)
    wait(lambda: put_count(put.id) == 3 and queued(group.id) == 0)
    assert canvas.get_process_group(group.id, "id").running_count == 3
    assert nifi.FlowApi().get_bulletin_board(group_id=group.id).bulletin_board.bulletins == []
    assert canvas.schedule_process_group(group.id, False)
    assert {p.component.state for p in canvas.list_all_processors(group.id)} == {"STOPPED"}
    state = canvas.get_processor_state(canvas.get_processor(processors["ListFile"].id, "id"))
    assert state.component_state.local_state.state, state
    canvas.clear_processor_state(canvas.get_processor(processors["ListFile"].id, "id"))
    return group, context


def wait(condition):
    assert nipyapi.utils.wait_to_complete(condition, nipyapi_delay=0.1, nipyapi_max_wait=60)


def put_count(processor):
    return canvas.get_processor(processor, "id").status.aggregate_snapshot.flow_files_in


def queued(group):
    return nifi.FlowApi().get_process_group_status(group, recursive=True).process_group_status.aggregate_snapshot.flow_files_queued


def exports(group):
    text = nipyapi.versioning.export_process_group_definition(canvas.get_process_group(group.id, "id"))
    definition = json.loads(text)
    assert {p["name"] for p in definition["flowContents"]["processors"]} == {"ListFile", "FetchFile", "PutS3Object"}
    assert len(definition["flowContents"]["connections"]) == 2
    copy = upload(text, "a copy")
    assert copy.id != group.id and len(canvas.list_all_processors(copy.id)) == 3
    canvas.delete_process_group(copy, refresh=True)
    assert canvas.get_process_group("a copy") is None
    return definition


def two(definition):
    """The same flow as NiFi 2.x saves it."""
    for processor in definition["flowContents"]["processors"]:
        processor["bundle"]["version"] = "2.6.0"
    for context in definition["parameterContexts"].values():
        context["name"] += " 2"
        for parameter in context["parameters"]:
            parameter.update({"provided": False, "referencedAssets": [], "tags": []})
    definition["parameterContexts"] = {context["name"]: context for context in definition["parameterContexts"].values()}
    definition["flowContents"].update({"parameterContextName": next(iter(definition["parameterContexts"])), "executionEngine": "INHERITED",
                                       "scheduledState": "ENABLED", "maxConcurrentTasks": 1, "statelessFlowTimeout": "1 min"})
    return json.dumps(definition)


def edits(folder):
    """A flow that is made of nothing, with all that the canvas has."""
    root = canvas.get_process_group(canvas.get_root_pg_id(), "id")
    group = canvas.create_process_group(root, "made by hand", (0.0, 0.0))
    assert group.revision.version == 1
    kind = canvas.get_processor_type("GenerateFlowFile", greedy=False) or canvas.get_processor_type("GenerateFlowFile")
    make = canvas.create_processor(group, kind, (0.0, 0.0), "make",
                                   nifi.ProcessorConfigDTO(scheduling_period="1 hour", properties={"Custom Text": "hello", "Data Format": "Text", "Unique FlowFiles": "false"}))
    assert property_of(make, "Custom Text") == "hello"
    assert make.component.validation_status == "INVALID"  # success leads nowhere
    attribute = next(t for t in nifi.FlowApi().get_processor_types().processor_types if t.type.endswith(".UpdateAttribute"))
    tag = canvas.create_processor(group, attribute, (0.0, 300.0), "tag", nifi.ProcessorConfigDTO(properties={"kind": "#{kind}", "where": "${variable}"}))
    route = canvas.create_processor(
        group, next(t for t in nifi.FlowApi().get_processor_types().processor_types if t.type.endswith(".RouteOnAttribute")), (0.0, 600.0), "route",
        nifi.ProcessorConfigDTO(properties={"of a kind": "${kind:equals('best')}"}, auto_terminated_relationships=["unmatched"]))
    assert {r.name for r in route.component.relationships} == {"of a kind", "unmatched"}
    refused(lambda: canvas.create_processor(group, nifi.DocumentedTypeDTO(type="org.example.Gold"), (0.0, 0.0), "gold"), 400)

    funnel = canvas.create_funnel(group.id, (0.0, 800.0))
    canvas.create_connection(make, tag)
    canvas.create_connection(tag, route, ["success"])
    end = canvas.create_connection(route, funnel, ["of a kind"], name="the end")
    assert canvas.get_connection(end.id).component.selected_relationships == ["of a kind"]
    tag = canvas.get_processor(tag.id, "id")
    assert tag.component.validation_status == "INVALID" and "kind" in " ".join(tag.component.validation_errors), tag.component

    # Parameters: a context of its own that inherits, bound to the group.
    base = parameters.create_parameter_context("base", "what others inherit", [parameters.prepare_parameter("kind", "good")])
    context = parameters.create_parameter_context("made", parameters=[parameters.prepare_parameter("token", "hidden", sensitive=True)], inherited_contexts=[base])
    assert refused(lambda: parameters.create_parameter_context("base"), 409)
    parameters.assign_context_to_process_group(canvas.get_process_group(group.id, "id"), context.id)
    assert canvas.get_processor(tag.id, "id").component.validation_status == "VALID"
    parameters.upsert_parameter_to_context(parameters.get_parameter_context("base", greedy=False), parameters.prepare_parameter("kind", "best"))
    shown = parameters.get_parameter_context(context.id, "id")
    assert [p.parameter.value for p in shown.component.parameters if p.parameter.name == "token"] == ["********"], shown

    # A revision that is old is refused; a change keeps the rest.
    stale = canvas.get_processor(make.id, "id")
    canvas.update_processor(stale, nifi.ProcessorConfigDTO(scheduling_period="2 hours"), name="make it")
    refused(lambda: nifi.ProcessorsApi().update_processor(id=stale.id, body=nifi.ProcessorEntity(
        id=stale.id, revision=stale.revision, component=nifi.ProcessorDTO(id=stale.id, name="stale"))), 409)
    changed = canvas.get_processor(make.id, "id")
    assert changed.component.name == "make it" and changed.component.config.scheduling_period == "2 hours"
    assert property_of(changed, "Custom Text") == "hello"

    # Once, and no more; the rest runs.
    for processor in (tag, route):
        canvas.schedule_processor(processor, True)
    canvas.schedule_processor(changed, "RUN_ONCE")
    wait(lambda: canvas.get_connection(end.id).status.aggregate_snapshot.flow_files_queued == 1)
    only = canvas.list_flowfiles(end.id)[0]
    assert canvas.get_flowfile_details(end.id, only.uuid).attributes["kind"] == "best"
    assert canvas.get_flowfile_content(end.id, only.uuid, decode="text") == "hello"
    refused(lambda: canvas.update_processor(tag, nifi.ProcessorConfigDTO(scheduling_period="1 sec"), refresh=True), 409)
    assert canvas.purge_connection(end.id) and not canvas.list_flowfiles(end.id)
    canvas.schedule_process_group(group.id, False)
    assert canvas.schedule_processor(tag, "DISABLED")
    assert canvas.get_processor(tag.id, "id").component.state == "DISABLED"
    assert canvas.schedule_processor(tag, False)
    return group, context


def uses_services(group):
    """Services: made, configured, enabled, referred to, disabled, removed."""
    types = {t.type.rsplit(".", 1)[-1]: t for t in canvas.list_all_controller_types()}
    reader = canvas.create_controller(group, types["CSVReader"], "reader")
    writer = canvas.create_controller(group, types["JsonRecordSetWriter"], "writer")
    assert reader.component.state == "DISABLED"
    reader = canvas.update_controller(reader, nifi.ControllerServiceDTO(properties={"schema-access-strategy": "csv-header-derived"}))
    convert = canvas.create_processor(
        group, next(t for t in nifi.FlowApi().get_processor_types().processor_types if t.type.endswith(".ConvertRecord")), (300.0, 0.0), "convert",
        nifi.ProcessorConfigDTO(properties={"record-reader": reader.id, "record-writer": writer.id}, auto_terminated_relationships=["success", "failure"]))
    assert "disabled" in " ".join(convert.component.validation_errors), convert.component.validation_errors
    canvas.create_connection(canvas.get_processor("make it"), convert, ["success"])
    canvas.schedule_all_controllers(group.id, True)
    assert canvas.get_controller(reader.id, "id").component.state == "ENABLED"
    convert = canvas.get_processor(convert.id, "id")
    assert convert.component.validation_status == "VALID", convert.component.validation_errors
    assert [r.id for r in canvas.get_controller(reader.id, "id").component.referencing_components] == [convert.id]
    canvas.schedule_processor(convert, True)
    refused(lambda: canvas.schedule_controller(reader, False, refresh=True), 409)
    refused(lambda: canvas.update_controller(reader, nifi.ControllerServiceDTO(name="other")), 409)
    canvas.schedule_processor(convert, False)
    canvas.schedule_controller(canvas.get_controller(reader.id, "id"), False, refresh=True)
    canvas.delete_controller(canvas.get_controller(reader.id, "id"))
    assert canvas.get_controller(reader.id, "id", bool_response=True) is False
    found = canvas.list_all_controllers(group.id)
    assert [service.component.name for service in found] == ["writer"], found
    canvas.delete_processor(canvas.get_processor(convert.id, "id"), force=True)


def nests(group):
    """Groups in groups, with ports; labels; search."""
    inner = canvas.create_process_group(canvas.get_process_group(group.id, "id"), "inner", (600.0, 0.0))
    port = canvas.create_port(inner.id, "INPUT_PORT", "in", "STOPPED")
    out = canvas.create_port(inner.id, "OUTPUT_PORT", "out", "STOPPED")
    canvas.create_connection(port, out)
    make = canvas.get_processor("make it")
    into = canvas.create_connection(make, port, ["success"])
    assert into.component.destination.group_id == inner.id
    assert canvas.get_process_group(inner.id, "id").input_port_count == 1
    nifi.ProcessGroupsApi().create_label(id=group.id, body=nifi.LabelEntity(
        revision=nifi.RevisionDTO(version=0), component=nifi.LabelDTO(label="what it is for", width=200.0, height=100.0, position=nifi.PositionDTO(0.0, 0.0))))
    assert [label.component.label for label in nifi.ProcessGroupsApi().get_labels(group.id).labels] == ["what it is for"]
    hits = nifi.FlowApi().search_flow(q="MAKE IT").search_results_dto
    assert [hit.id for hit in hits.processor_results] == [make.id], hits
    assert [g.component.name for g in canvas.list_all_process_groups(group.id)] == ["inner", "made by hand"]
    refused(lambda: canvas.delete_process_group(inner, refresh=True), 409)  # it is connected
    canvas.delete_connection(canvas.get_connection(into.id))
    canvas.delete_process_group(inner, refresh=True)
    assert canvas.get_process_group("inner") is None


def knows_types():
    names = {t.type.rsplit(".", 1)[-1]: t for t in canvas.list_all_processor_types().processor_types}
    docs = canvas.get_processor_docs(names["SplitText"])
    assert "splits" in {r.name for r in docs.supported_relationships}, docs
    assert nifi.FlowApi().get_controller_service_types().controller_service_types
    assert nipyapi.system.get_system_diagnostics().system_diagnostics.aggregate_snapshot.version_info.ni_fi_version == "1.28.1"
    assert nifi.FlowApi().get_controller_status().controller_status.queued == "0 (0 bytes)"
    assert nifi.FlowApi().get_current_user().identity


with Freshet(PROGRAM) as server:
    log_in(server)
    knows_types()
    incoming = pathlib.Path(server.directory.name)
    one = (EXAMPLE / "flow.json").read_text()
    group, context = deploys(incoming / "one", one, "first")
    newer, _ = deploys(incoming / "two", two(exports(group)), "second")
    made, own = edits(incoming)
    uses_services(made)
    nests(made)

    # All of it is there after a restart: what was edited, its values, who runs.
    canvas.schedule_processor(canvas.get_processor("tag"), True)
    server.stop()
    server.start()
    log_in(server)
    assert canvas.get_processor("tag").component.state == "RUNNING"
    assert canvas.get_processor("make it").component.state == "STOPPED"
    assert property_of(canvas.get_processor("make it"), "Custom Text") == "hello"
    values = {p.parameter.name: p.parameter.value for p in parameters.get_parameter_context("base", greedy=False).component.parameters}
    assert values == {"kind": "best"}, values
    for name in ("first", "second", "made by hand"):
        canvas.delete_process_group(canvas.get_process_group(name, greedy=False), force=True, refresh=True)
    assert [g.component.name for g in canvas.list_all_process_groups()] == ["Freshet"]
    for context in ("made", "base"):
        parameters.delete_parameter_context(parameters.get_parameter_context(context, greedy=False))
    assert parameters.get_parameter_context("made") is None
print("ok")
