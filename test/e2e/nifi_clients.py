"""nipyapi against a server: deploys flows saved by NiFi 1.x and 2.x, configures and runs them, edits the canvas.

    nifi_clients.py FRESHET EXAMPLE_DIRECTORY
"""
import datetime
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

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


def search(**request):
    """Provenance events, newest first."""
    api = nifi.ProvenanceApi()
    terms = {field: nifi.ProvenanceSearchValueDTO(value=value, inverse=False) for field, value in request.pop("terms", {}).items()}
    asked = api.submit_provenance_request(body=nifi.ProvenanceEntity(provenance=nifi.ProvenanceDTO(
        request=nifi.ProvenanceRequestDTO(search_terms=terms, max_results=100, **request)))).provenance
    wait(lambda: api.get_provenance(asked.id).provenance.finished)
    events = api.get_provenance(asked.id).provenance.results.provenance_events
    api.delete_provenance(asked.id)
    refused(lambda: api.get_provenance(asked.id), 404)
    return events


def traces(group, folder, bucket):
    """From what was sent back to the file it was read from; and it is sent once more."""
    fields = {field.id for field in nifi.ProvenanceApi().get_search_options().provenance_options.searchable_fields}
    assert {"EventType", "FlowFileUUID", "Filename", "ProcessorID", "Relationship"} <= fields, fields
    processors = {p.component.name: p for p in canvas.list_all_processors(group.id)}
    put = processors["PutS3Object"]
    sent = search(terms={"ProcessorID": put.id, "EventType": "SEND"})
    assert {attribute.value for event in sent for attribute in event.attributes if attribute.name == "filename"} == \
        {f"customers_{n}.csv" for n in range(3)}, sent
    one = next(event for event in sent if any(a.name == "filename" and a.value == "customers_1.csv" for a in event.attributes))
    assert bucket in one.transit_uri and one.component_name == "PutS3Object" and one.group_id == group.id, one
    assert one.file_size_bytes == len("id,name\n1,someone\n")
    assert search(terms={"Filename": "customers_1.csv", "EventType": "SEND"})[0].event_id == one.event_id
    assert search(terms={"Filename": "*_9.csv"}) == []
    assert search(terms={"ProcessorID": put.id}, minimum_file_size="1 MB") == []

    # Each event of the flowfile, and the graph of them: it begins with the file on the disk.
    types = [event.event_type for event in search(terms={"FlowFileUUID": one.flow_file_uuid})]
    assert types.index("SEND") < types.index("FETCH") < types.index(types[-1]) and types[0] == "DROP", types
    api = nifi.ProvenanceApi()
    asked = api.submit_lineage_request(body=nifi.LineageEntity(lineage=nifi.LineageDTO(request=nifi.LineageRequestDTO(
        lineage_request_type="FLOWFILE", uuid=one.flow_file_uuid)))).lineage
    lineage = api.get_lineage(asked.id).lineage
    api.delete_lineage(asked.id)
    assert lineage.finished
    nodes = {node.id: node for node in lineage.results.nodes}
    before = {link.target_id: link.source_id for link in lineage.results.links}
    at, path = one.id, []
    while at is not None:
        path.append(nodes[at].event_type or nodes[at].type)
        first, at = at, before.get(at)
    assert path[0] == "SEND" and path[-2] == "FLOWFILE" and "FETCH" in path, path
    fetched = next(node for node in lineage.results.nodes if node.event_type == "FETCH")
    events = nifi.ProvenanceEventsApi()
    assert events.get_provenance_event(fetched.id).provenance_event.transit_uri.endswith(str(folder / "customers_1.csv"))
    assert nodes[first].event_type in ("CREATE", "RECEIVE"), nodes[first]

    # Its content, and once more.
    assert contents(events.get_output_content, one.id) == contents(events.get_input_content, one.id) == "id,name\n1,someone\n"
    assert one.replay_available, one.replay_explanation
    told = events.submit_replay(body=nifi.SubmitReplayRequestEntity(event_id=one.event_id)).provenance_event
    assert told.event_type == "REPLAY" and told.parent_uuids == [one.flow_file_uuid], told
    assert canvas.schedule_processor(put, True)
    wait(lambda: len(search(terms={"ProcessorID": put.id, "EventType": "SEND"})) == 4)
    again = events.get_latest_provenance_events(put.id).latest_provenance_events.provenance_events
    assert {event.flow_file_uuid for event in again if event.event_type == "SEND"} >= set(told.child_uuids)
    assert canvas.schedule_processor(canvas.get_processor(put.id, "id"), False)
    answer = events.submit_replay_latest_event(body=nifi.ReplayLastEventRequestEntity(component_id=put.id, nodes="ALL"))
    assert len(answer.aggregate_snapshot.events_replayed) == 1, answer
    assert queued(group.id) == 1
    dropped = nifi.ProcessGroupsApi().create_empty_all_connections_request(group.id).drop_request
    assert dropped.dropped_count == 1 and queued(group.id) == 0
    nifi.ProcessGroupsApi().remove_drop_request1(group.id, dropped.id)


def contents(call, event):
    return call(event, _preload_content=False).data.decode()


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


def counts(group):
    """A processor counts its records; counters are set back."""
    api = nifi.CountersApi()
    listed = lambda: {(c.context, c.name): c for c in api.get_counters().counters.aggregate_snapshot.counters if group.id in c.context or "(" not in c.context}
    assert listed() == {}, listed()
    types = {t.type.rsplit(".", 1)[-1]: t for t in nifi.FlowApi().get_processor_types().processor_types}
    services = {t.type.rsplit(".", 1)[-1]: t for t in canvas.list_all_controller_types()}
    inner = canvas.create_process_group(group, "counts", (0.0, 900.0))
    reader, writer = (canvas.create_controller(inner, services[name], name) for name in ("CSVReader", "JsonRecordSetWriter"))
    make = canvas.create_processor(inner, types["GenerateFlowFile"], (0.0, 0.0), "rows",
                                   nifi.ProcessorConfigDTO(scheduling_period="1 hour", properties={"Custom Text": "id\n1\n2\n"}))
    convert = canvas.create_processor(inner, types["ConvertRecord"], (0.0, 0.0), "convert rows", nifi.ProcessorConfigDTO(
        properties={"Record Reader": reader.id, "Record Writer": writer.id}, auto_terminated_relationships=["success", "failure"]))
    canvas.create_connection(make, convert, ["success"])
    canvas.schedule_all_controllers(inner.id, True)
    assert canvas.schedule_process_group(inner.id, True)
    value = lambda context: {c.context: c.value_count for c in api.get_counters().counters.aggregate_snapshot.counters if c.name == "Records Processed"}.get(context)
    mine, all_of_them = f"convert rows ({convert.id})", "All ConvertRecord's"
    wait(lambda: value(mine) == 2 and value(all_of_them) == 2)
    counter = next(c for c in api.get_counters().counters.aggregate_snapshot.counters if c.context == mine)
    assert api.update_counter(counter.id).counter.value_count == 0
    assert value(mine) == 0
    api.update_all_counters()
    assert canvas.schedule_process_group(inner.id, False)
    canvas.delete_process_group(canvas.get_process_group(inner.id, "id"), force=True, refresh=True)


def selects(group):
    """Snippets: components are copied, moved and removed together."""
    api, groups = nifi.SnippetsApi(), nifi.ProcessGroupsApi()
    inner = canvas.create_process_group(canvas.get_process_group(group.id, "id"), "selected", (900.0, 0.0))
    types = {t.type.rsplit(".", 1)[-1]: t for t in nifi.FlowApi().get_processor_types().processor_types}
    make = canvas.create_processor(inner, types["GenerateFlowFile"], (100.0, 100.0), "snip", nifi.ProcessorConfigDTO(scheduling_period="1 hour"))
    log = canvas.create_processor(inner, types["LogMessage"], (100.0, 300.0), "snap")
    link = canvas.create_connection(make, log, ["success"])
    snippet = lambda parent, processors, connections: api.create_snippet(body=nifi.SnippetEntity(snippet=nifi.SnippetDTO(
        parent_group_id=parent, processors={p.id: p.revision for p in processors},
        connections={c.id: c.revision for c in connections}))).snippet
    chosen = snippet(inner.id, [make, log], [link])
    assert set(chosen.processors) == {make.id, log.id}
    copied = groups.copy(id=inner.id, body=nifi.CopyRequestEntity(processors=[make.id, log.id], connections=[link.id]))
    assert {p.name for p in copied.processors} == {"snip", "snap"} and len(copied.connections) == 1, copied
    pasted = groups.paste(id=inner.id, body=nifi.PasteRequestEntity(copy_response=copied, revision=canvas.get_process_group(inner.id, "id").revision))
    assert {p.component.name for p in pasted.flow.processors} == {"snip", "snap"} and len(pasted.flow.connections) == 1
    assert len(canvas.list_all_processors(inner.id)) == 4
    api.update_snippet(id=chosen.id, body=nifi.SnippetEntity(snippet=nifi.SnippetDTO(id=chosen.id, parent_group_id=group.id)))
    assert canvas.get_processor(make.id, "id").component.parent_group_id == group.id
    refused(lambda: api.delete_snippet(snippet(group.id, [canvas.get_processor(log.id, "id")], []).id), 409)
    api.delete_snippet(chosen.id)
    assert canvas.get_processor("snip").component.parent_group_id == inner.id  # the pasted one is left
    canvas.delete_process_group(canvas.get_process_group(inner.id, "id"), force=True, refresh=True)


def verifies():
    """A configuration is checked before it is saved."""
    api, processor = nifi.ProcessorsApi(), canvas.get_processor("make it")
    analysis = nifi.ConfigurationAnalysisEntity(configuration_analysis=nifi.ConfigurationAnalysisDTO(
        component_id=processor.id, properties={"Custom Text": "${kind}"}))
    assert api.analyze_configuration2(id=processor.id, body=analysis).configuration_analysis.supports_verification
    def results(properties):
        asked = api.submit_processor_verification_request(id=processor.id, body=nifi.VerifyConfigRequestEntity(request=nifi.VerifyConfigRequestDTO(
            component_id=processor.id, properties=properties, attributes={}))).request
        wait(lambda: api.get_verification_request2(processor.id, asked.request_id).request.complete)
        return api.delete_verification_request2(processor.id, asked.request_id).request.results
    assert [r.outcome for r in results({"Custom Text": "other"})] == ["SUCCESSFUL"]
    wrong = results({"Batch Size": "some"})
    assert [r.outcome for r in wrong] == ["FAILED"] and "Batch Size" in wrong[0].explanation, wrong
    assert property_of(canvas.get_processor("make it"), "Custom Text") == "hello"
    assert [r.outcome for r in canvas.verify_processor(processor, {"Custom Text": "other"})] == ["SUCCESSFUL"]
    assert [r.outcome for r in canvas.verify_processor(processor, {"Data Format": "Picture"})] == ["FAILED"]
    writer = canvas.schedule_controller(canvas.get_controller("writer"), False, refresh=True)
    assert [r.outcome for r in canvas.verify_controller(writer)] == ["SUCCESSFUL"]
    assert [r.outcome for r in canvas.verify_controller(writer, {"Output Grouping": "somehow"})] == ["FAILED"]


def speaks_to_the_cli(server, group):
    """What the Java classes of the NiFi CLI read more strictly than others: dates, and refusals by status."""
    lock = json.loads(pathlib.Path(server.data, "LOCK").read_text())

    def call(method, path, body=None, status=200, token=lock["access_token"], read=json.loads):
        request = urllib.request.Request(f"{lock['warehouse']}/nifi-api/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.read()}"
        return read(answer.read()) if status < 300 else None

    timestamp = lambda text: datetime.datetime.strptime(text, "%m/%d/%Y %H:%M:%S.%f UTC")
    time_of_day = lambda text: datetime.datetime.strptime(text, "%H:%M:%S UTC")
    connection = canvas.list_all_connections(group.id)[0].id
    # set-param, delete-param, merge-param-context, set-inherited-param-contexts
    context = call("GET", "flow/parameter-contexts")["parameterContexts"][0]
    request = call("POST", f"parameter-contexts/{context['id']}/update-requests",
                   {"revision": context["revision"], "id": context["id"], "component": {"id": context["id"]}})["request"]
    assert timestamp(request["submissionTime"]) and timestamp(request["lastUpdated"]) and request["complete"]
    call("DELETE", f"parameter-contexts/{context['id']}/update-requests/{request['requestId']}")
    # pg-empty-queues
    request = call("POST", f"process-groups/{group.id}/empty-all-connections-requests", status=202)["dropRequest"]
    assert timestamp(request["submissionTime"]) and timestamp(request["lastUpdated"]) and request["finished"]
    call("DELETE", f"process-groups/{group.id}/empty-all-connections-requests/{request['id']}")
    request = call("POST", f"flowfile-queues/{connection}/listing-requests", status=202)["listingRequest"]
    assert timestamp(request["submissionTime"]) and time_of_day(request["lastUpdated"])
    # pg-get-services, pg-enable-services, get-services
    assert time_of_day(call("GET", f"flow/process-groups/{group.id}/controller-services")["currentTime"])
    assert time_of_day(call("GET", "flow/controller/controller-services")["currentTime"])
    # pg-status
    ports = call("GET", f"flow/process-groups/{group.id}/status?recursive=true")["processGroupStatus"]["aggregateSnapshot"]["funnelStatusSnapshots"]
    assert all("portStatusSnapshot" in port for port in ports) and ports, ports
    # pg-get-version, pg-stop-version-control, pg-change-version
    assert call("GET", f"versions/process-groups/{group.id}")["versionControlInformation"] is None
    call("DELETE", f"versions/process-groups/{group.id}?version=0", status=409)
    # update-controller-configuration
    config = call("GET", "controller/config")
    call("PUT", "controller/config", config)
    config["component"]["maxTimerDrivenThreadCount"] += 1
    call("PUT", "controller/config", config, status=409)
    # export-reporting-tasks, list-nars, get-flow-analysis-rules
    assert call("GET", "flow/reporting-tasks/snapshot")["reportingTasks"] == []
    assert call("GET", "controller/nar-manager/nars")["narSummaries"] == []
    assert call("GET", "controller/flow-analysis-rules")["flowAnalysisRules"] == []
    # nipyapi asks for a group and those below it by an expression
    assert nipyapi.bulletins.get_bulletin_board(pg_id=group.id) == []
    # get-access-token, logout-access-token
    login = urllib.parse.urlencode({"username": "x", "password": lock["access_token"]}).encode()
    token = urllib.request.urlopen(f"{lock['warehouse']}/nifi-api/access/token", login).read().decode()
    call("GET", "flow/current-user", token=token)
    call("DELETE", "access/logout", token=token, read=lambda text: text == b"")
    call("GET", "flow/current-user", status=401, token=token)
    call("GET", "flow/current-user")
    # processor-run-once, of one that runs
    make = canvas.get_processor("make it")
    assert canvas.schedule_processor(make, True)
    running = canvas.get_processor(make.id, "id")
    call("PUT", f"processors/{make.id}/run-status", {"revision": {"version": running.revision.version}, "state": "RUN_ONCE"}, status=409)
    assert canvas.schedule_processor(running, False)
    names = {hop.breadcrumb.name for hop in [nifi.FlowApi().get_breadcrumbs(group.id)]}
    assert names == {"made by hand"}, names


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
    traces(group, incoming / "one", "first")
    newer, _ = deploys(incoming / "two", two(exports(group)), "second")
    made, own = edits(incoming)
    uses_services(made)
    nests(made)
    counts(made)
    selects(made)
    verifies()
    speaks_to_the_cli(server, made)

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
