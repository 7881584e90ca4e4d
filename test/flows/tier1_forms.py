"""Writes the tier-1 flow in the other forms that NiFi and MiNiFi save: each says what tier1_definition.json says.

    python3 tier1_forms.py
"""
import copy
import json
import pathlib
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).parent
LISTS = ("processors", "connections", "controllerServices", "processGroups", "inputPorts", "outputPorts", "funnels", "labels",
         "remoteProcessGroups")
# What MiNiFi C++ calls otherwise.
AGENT_RELATIONSHIPS = {"InvokeHTTP": {"Original": "success", "Response": "response", "Retry": "retry", "No Retry": "no retry",
                                      "Failure": "failure"}}
AGENT_KEYS = {"InvokeHTTP": {"send-message-body": "Send Message Body"}}


def short(component):
    return component["type"].rsplit(".", 1)[1]


def live_ids(group):
    """By versioned id: of components and groups."""
    ids = {group["identifier"]: group["instanceIdentifier"]}
    for name in LISTS:
        for each in group[name]:
            ids |= live_ids(each) if name == "processGroups" else {each["identifier"]: each.get("instanceIdentifier", each["identifier"])}
    return ids


def groups_of(group):
    yield group
    for inner in group["processGroups"]:
        yield from groups_of(inner)


def refer(component, ids):
    """Its properties, with services by the ids of the instance."""
    descriptors = component["propertyDescriptors"]
    return {key: ids[value] if descriptors[key]["identifiesControllerService"] else value
            for key, value in component["properties"].items()}


def instance(definition):
    root = copy.deepcopy(definition["flowContents"])
    ids = live_ids(root)
    for group in groups_of(root):
        for component in group["processors"] + group["controllerServices"]:
            component["properties"] = refer(component, ids)
        for service in group["controllerServices"]:
            service["scheduledState"] = "ENABLED"
        for connection in group["connections"]:
            for end in ("source", "destination"):
                connection[end]["instanceIdentifier"] = ids[connection[end]["id"]]
    contexts = list(definition["parameterContexts"].values())
    return {"encodingVersion": {"majorVersion": 2, "minorVersion": 0}, "maxTimerDrivenThreadCount": 10, "registries": [],
            "parameterContexts": contexts, "parameterProviders": [], "controllerServices": [], "reportingTasks": [],
            "flowAnalysisRules": [], "rootGroup": root}


def add(parent, name, text=None, **more):
    made = xml.SubElement(parent, name, more)
    if text is not None:
        made.text = str(text)
    return made


def bundle(parent, component):
    inner = add(parent, "bundle")
    add(inner, "group", component["bundle"]["group"])
    add(inner, "artifact", component["bundle"]["artifact"])
    add(inner, "version", "1.28.1")


def flow_xml(definition):
    root = definition["flowContents"]
    ids = live_ids(root)
    top = xml.Element("flowController", {"encoding-version": "1.4"})
    add(top, "maxTimerDrivenThreadCount", 10)
    add(top, "registries")
    contexts = add(top, "parameterContexts")
    context_id = "f23fdd18-4450-3a1c-a5fa-020c5111d786"
    for context in definition["parameterContexts"].values():
        made = add(contexts, "parameterContext")
        add(made, "id", context_id)
        add(made, "name", context["name"])
        add(made, "description")
        for parameter in context["parameters"]:
            inner = add(made, "parameter")
            for key in ("name", "description"):
                add(inner, key, parameter[key])
            add(inner, "sensitive", "false")
            add(inner, "provided", "false")
            add(inner, "value", parameter["value"])

    def properties(parent, component):
        for key, value in refer(component, ids).items():
            inner = add(parent, "property")
            add(inner, "name", key)
            add(inner, "value", value)

    def write(parent, word, group):
        made = add(parent, word)
        add(made, "id", ids[group["identifier"]])
        add(made, "name", group["name"])
        add(made, "position", x="0.0", y="0.0")
        add(made, "comment")
        add(made, "parameterContextId", context_id)
        add(made, "flowfileConcurrency", group["flowFileConcurrency"])
        add(made, "flowfileOutboundPolicy", group["flowFileOutboundPolicy"])
        for processor in group["processors"]:
            inner = add(made, "processor")
            add(inner, "id", ids[processor["identifier"]])
            add(inner, "name", processor["name"])
            add(inner, "position", x=str(processor["position"]["x"]), y=str(processor["position"]["y"]))
            add(inner, "styles")
            add(inner, "comment")
            add(inner, "class", processor["type"])
            bundle(inner, processor)
            add(inner, "maxConcurrentTasks", processor["concurrentlySchedulableTaskCount"])
            add(inner, "schedulingPeriod", processor["schedulingPeriod"])
            add(inner, "penalizationPeriod", processor["penaltyDuration"])
            add(inner, "yieldPeriod", processor["yieldDuration"])
            add(inner, "bulletinLevel", processor["bulletinLevel"])
            add(inner, "lossTolerant", "false")
            add(inner, "scheduledState", "STOPPED")
            add(inner, "schedulingStrategy", processor["schedulingStrategy"])
            add(inner, "executionNode", "ALL")
            add(inner, "runDurationNanos", processor["runDurationMillis"] * 1_000_000)
            properties(inner, processor)
            for relationship in processor["autoTerminatedRelationships"]:
                add(inner, "autoTerminatedRelationship", relationship)
        for inner_group in group["processGroups"]:
            write(made, "processGroup", inner_group)
        for connection in group["connections"]:
            inner = add(made, "connection")
            add(inner, "id", connection["identifier"])
            add(inner, "name")
            add(inner, "bendPoints")
            add(inner, "labelIndex", 0)
            add(inner, "zIndex", 0)
            for end in ("source", "destination"):
                add(inner, f"{end}Id", ids[connection[end]["id"]])
                add(inner, f"{end}GroupId", ids[connection[end]["groupId"]])
                add(inner, f"{end}Type", connection[end]["type"])
            for relationship in connection["selectedRelationships"]:
                add(inner, "relationship", relationship)
            add(inner, "maxWorkQueueSize", connection["backPressureObjectThreshold"])
            add(inner, "maxWorkQueueDataSize", connection["backPressureDataSizeThreshold"])
            add(inner, "flowFileExpiration", connection["flowFileExpiration"])
        for service in group["controllerServices"]:
            inner = add(made, "controllerService")
            add(inner, "id", ids[service["identifier"]])
            add(inner, "name", service["name"])
            add(inner, "comment")
            add(inner, "bulletinLevel", "WARN")
            add(inner, "class", service["type"])
            bundle(inner, service)
            add(inner, "enabled", "true")
            properties(inner, service)

    write(top, "rootGroup", root)
    add(top, "controllerServices")
    add(top, "reportingTasks")
    return top


def template_xml(definition):
    """What a group selected on NiFi's canvas becomes: parameters are not in it, their values stand where they were used."""
    root = definition["flowContents"]
    ids = live_ids(root)
    top = xml.Element("template", {"encoding-version": "1.3"})
    add(top, "description", "All formats of test/flows hold this flow.")
    add(top, "groupId", ids[root["identifier"]])
    add(top, "name", root["name"])

    def entries(parent, word, pairs):
        made = add(parent, word)
        for key, value in pairs:
            entry = add(made, "entry")
            add(entry, "key", key)
            if isinstance(value, str):
                add(entry, "value", value)
            else:
                inner = add(entry, "value")
                for name, text in value.items():
                    add(inner, name, text)

    def configured(parent, component):
        descriptors = []
        for key in component["properties"]:
            said = {"name": key}
            if component["propertyDescriptors"][key]["identifiesControllerService"]:
                said["identifiesControllerService"] = "any.Api"
            descriptors.append((key, said))
        entries(parent, "descriptors", descriptors)
        entries(parent, "properties", refer(component, ids).items())

    def position(parent, component):
        made = add(parent, "position")
        add(made, "x", component["position"]["x"])
        add(made, "y", component["position"]["y"])

    def contents(made, group):
        own = ids[group["identifier"]]
        for connection in group["connections"]:
            inner = add(made, "connections")
            add(inner, "id", connection["identifier"])
            add(inner, "parentGroupId", own)
            add(inner, "backPressureDataSizeThreshold", connection["backPressureDataSizeThreshold"])
            add(inner, "backPressureObjectThreshold", connection["backPressureObjectThreshold"])
            for end in ("destination", "source"):
                place = add(inner, end)
                add(place, "groupId", ids[connection[end]["groupId"]])
                add(place, "id", ids[connection[end]["id"]])
                add(place, "type", connection[end]["type"])
            add(inner, "flowFileExpiration", connection["flowFileExpiration"])
            for relationship in connection["selectedRelationships"]:
                add(inner, "selectedRelationships", relationship)
        for service in group["controllerServices"]:
            inner = add(made, "controllerServices")
            add(inner, "id", ids[service["identifier"]])
            add(inner, "parentGroupId", own)
            bundle(inner, service)
            configured(inner, service)
            add(inner, "name", service["name"])
            add(inner, "state", "ENABLED")
            add(inner, "type", service["type"])
        for inner_group in group["processGroups"]:
            inner = add(made, "processGroups")
            add(inner, "id", ids[inner_group["identifier"]])
            add(inner, "parentGroupId", own)
            position(inner, inner_group)
            contents(add(inner, "contents"), inner_group)
            add(inner, "name", inner_group["name"])
        for processor in group["processors"]:
            inner = add(made, "processors")
            add(inner, "id", ids[processor["identifier"]])
            add(inner, "parentGroupId", own)
            position(inner, processor)
            bundle(inner, processor)
            config = add(inner, "config")
            add(config, "bulletinLevel", processor["bulletinLevel"])
            add(config, "concurrentlySchedulableTaskCount", processor["concurrentlySchedulableTaskCount"])
            configured(config, processor)
            add(config, "penaltyDuration", processor["penaltyDuration"])
            add(config, "runDurationMillis", processor["runDurationMillis"])
            add(config, "schedulingPeriod", processor["schedulingPeriod"])
            add(config, "schedulingStrategy", processor["schedulingStrategy"])
            add(config, "yieldDuration", processor["yieldDuration"])
            add(inner, "name", processor["name"])
            for relationship in processor["autoTerminatedRelationships"]:
                said = add(inner, "relationships")
                add(said, "autoTerminate", "true")
                add(said, "name", relationship)
            add(inner, "state", "STOPPED")
            add(inner, "type", processor["type"])

    contents(add(top, "snippet"), root)
    return top


def agent_properties(component, names):
    keys = AGENT_KEYS.get(short(component), {})
    descriptors = component["propertyDescriptors"]
    return {keys.get(key, key): names[value] if descriptors[key]["identifiesControllerService"] else value
            for key, value in component["properties"].items()}


def agent_relationships(component, names):
    other = AGENT_RELATIONSHIPS.get(short(component), {})
    return [other.get(name, name) for name in names]


def agent_words(definition):
    """MiNiFi C++'s configuration, as YAML has it."""
    root = definition["flowContents"]
    names = {service["identifier"]: service["name"] for group in groups_of(root) for service in group["controllerServices"]}
    processors = {each["identifier"]: each for group in groups_of(root) for each in group["processors"]}

    def contents(group):
        return {
            "Parameter Context Name": group["parameterContextName"],
            "Processors": [{
                "name": each["name"], "id": each["identifier"], "class": "org.apache.nifi.minifi.processors." + short(each),
                "scheduling strategy": each["schedulingStrategy"], "scheduling period": each["schedulingPeriod"],
                "penalization period": each["penaltyDuration"], "yield period": each["yieldDuration"],
                "run duration nanos": each["runDurationMillis"] * 1_000_000,
                "auto-terminated relationships list": agent_relationships(each, each["autoTerminatedRelationships"]),
                "Properties": agent_properties(each, names)} for each in group["processors"]],
            "Connections": [{
                "name": "", "id": each["identifier"], "source id": each["source"]["id"],
                "source relationship names": agent_relationships(processors[each["source"]["id"]], each["selectedRelationships"]),
                "destination id": each["destination"]["id"], "max work queue size": each["backPressureObjectThreshold"],
                "max work queue data size": each["backPressureDataSizeThreshold"],
                "flowfile expiration": each["flowFileExpiration"]} for each in group["connections"]],
            "Controller Services": [{
                "name": each["name"], "id": each["identifier"], "class": each["type"],
                "Properties": agent_properties(each, names)} for each in group["controllerServices"]],
            "Process Groups": [{"name": each["name"], "id": each["identifier"], **contents(each)}
                               for each in group["processGroups"]],
        }

    contexts = [{"id": "f23fdd18-4450-3a1c-a5fa-020c5111d786", "name": context["name"], "description": "",
                 "Parameters": [{key: parameter[key] for key in ("name", "description", "sensitive", "provided", "value")}
                                for parameter in context["parameters"]]} for context in definition["parameterContexts"].values()]
    return {"MiNiFi Config Version": 3, "Flow Controller": {"name": root["name"], "id": root["identifier"]},
            "Parameter Contexts": contexts, **contents(root)}


def yaml(value, indent=0):
    """Texts in double quotes: JSON's are YAML's, too."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        lines = []
        for key, inner in value.items():
            nested = isinstance(inner, (dict, list)) and inner
            lines.append(f"{pad}{json.dumps(key)}:" + ("\n" + yaml(inner, indent + 1) if nested else " " + json.dumps(inner)))
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{pad}- " + yaml(each, indent + 1).lstrip() for each in value)
    return pad + json.dumps(value)


def agent_json(definition):
    """MiNiFi C++'s configuration in NiFi's spelling."""
    root = copy.deepcopy(definition["flowContents"])
    names = {service["identifier"]: service["name"] for group in groups_of(root) for service in group["controllerServices"]}

    def contents(group):
        processors = {each["identifier"]: each for each in group["processors"]}
        return {
            "identifier": group["identifier"], "name": group["name"], "parameterContextName": group["parameterContextName"],
            "processors": [{
                **{key: each[key] for key in ("identifier", "name", "schedulingPeriod", "schedulingStrategy", "penaltyDuration",
                                              "yieldDuration", "runDurationMillis", "concurrentlySchedulableTaskCount")},
                "type": "org.apache.nifi.minifi.processors." + short(each),
                "autoTerminatedRelationships": agent_relationships(each, each["autoTerminatedRelationships"]),
                "properties": agent_properties(each, names)} for each in group["processors"]],
            "connections": [{
                **{key: each[key] for key in ("identifier", "name", "backPressureObjectThreshold", "backPressureDataSizeThreshold",
                                              "flowFileExpiration")},
                "source": {"id": each["source"]["id"]}, "destination": {"id": each["destination"]["id"]},
                "selectedRelationships": agent_relationships(processors[each["source"]["id"]], each["selectedRelationships"])}
                for each in group["connections"]],
            "controllerServices": [{"identifier": each["identifier"], "name": each["name"], "type": each["type"],
                                    "properties": agent_properties(each, names)} for each in group["controllerServices"]],
            "processGroups": [contents(each) for each in group["processGroups"]], "remoteProcessGroups": [], "inputPorts": [],
            "outputPorts": [], "funnels": []}

    contexts = [{"identifier": "f23fdd18-4450-3a1c-a5fa-020c5111d786", **context}
                for context in definition["parameterContexts"].values()]
    return {"parameterContexts": contexts, "rootGroup": contents(root)}


def write_xml(name, top):
    xml.indent(top)
    text = xml.tostring(top, encoding="unicode")
    (HERE / name).write_text(f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{text}\n')


if __name__ == "__main__":
    saved = json.loads((HERE / "tier1_definition.json").read_text())
    (HERE / "tier1_instance.json").write_text(json.dumps(instance(saved), indent=1) + "\n")
    (HERE / "tier1_minifi.json").write_text(json.dumps(agent_json(saved), indent=1) + "\n")
    (HERE / "tier1_minifi.yml").write_text(yaml(agent_words(saved)) + "\n")
    write_xml("tier1_flow.xml", flow_xml(saved))
    write_xml("tier1_template.xml", template_xml(saved))
