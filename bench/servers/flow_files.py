"""Flow definitions as NiFi downloads them, in few words: for flows that both a NiFi and ours run."""


def processor(name, kind, properties, ended=(), bundle="nifi-standard-nar", tasks=1):
    return {"identifier": name, "name": name, "type": f"org.apache.nifi.processors.{kind}", "bundle": {"group": "org.apache.nifi", "artifact": bundle, "version": "1.28.1"},
            "properties": properties, "propertyDescriptors": {}, "style": {}, "position": {"x": 0, "y": 0}, "schedulingPeriod": "0 sec", "schedulingStrategy": "TIMER_DRIVEN",
            "executionNode": "ALL", "penaltyDuration": "30 sec", "yieldDuration": "1 sec", "bulletinLevel": "WARN", "runDurationMillis": 0,
            "concurrentlySchedulableTaskCount": tasks, "autoTerminatedRelationships": list(ended), "scheduledState": "ENABLED", "componentType": "PROCESSOR", "groupIdentifier": "group"}


def connection(source, destination, relationship="success", waiting_max=10_000):
    def end(name):
        return {"id": name, "type": "PROCESSOR", "groupId": "group", "name": name}

    return {"identifier": f"{source}-{destination}", "name": "", "source": end(source), "destination": end(destination), "selectedRelationships": [relationship],
            "labelIndex": 1, "zIndex": 0, "backPressureObjectThreshold": waiting_max, "backPressureDataSizeThreshold": "1 GB", "flowFileExpiration": "0 sec", "prioritizers": [],
            "bends": [], "loadBalanceStrategy": "DO_NOT_LOAD_BALANCE", "partitioningAttribute": "", "loadBalanceCompression": "DO_NOT_COMPRESS",
            "componentType": "CONNECTION", "groupIdentifier": "group"}


def service(name, kind, properties=None):
    return {"identifier": name, "name": name, "type": f"org.apache.nifi.{kind}", "bundle": {"group": "org.apache.nifi", "artifact": "nifi-record-serialization-services-nar", "version": "1.28.1"},
            "properties": properties or {}, "propertyDescriptors": {}, "controllerServiceApis": [], "scheduledState": "ENABLED", "bulletinLevel": "WARN",
            "componentType": "CONTROLLER_SERVICE", "groupIdentifier": "group"}


def definition(name, processors, services=(), connections=None):
    """Without `connections` each processor's success goes to the next one."""
    names = [each["name"] for each in processors]
    if connections is None:
        connections = [connection(*pair) for pair in zip(names, names[1:])]
    return {"flowContents": {"identifier": "group", "name": name, "comments": "", "position": {"x": 0, "y": 0}, "processGroups": [], "remoteProcessGroups": [],
                             "processors": processors, "inputPorts": [], "outputPorts": [], "connections": list(connections),
                             "labels": [], "funnels": [], "controllerServices": list(services), "variables": {}, "componentType": "PROCESS_GROUP"},
            "externalControllerServices": {}, "parameterContexts": {}, "flowEncodingVersion": "1.0"}


def convert_flow(folder, into, writer, writer_properties=None):
    """CSV files with an inferred schema to another form."""
    return definition("convert", [processor("get", "standard.GetFile", {"Input Directory": str(folder), "Keep Source File": "false"}),
                                  processor("convert", "standard.ConvertRecord", {"record-reader": "reader", "record-writer": "writer"}, ["failure"]),
                                  processor("put", "standard.PutFile", {"Directory": str(into)}, ["success", "failure"])],
                      [service("reader", "csv.CSVReader"), service("writer", writer, writer_properties)])
