"""The vocabulary in Italian: for every sentence one, with the same placeholders.

The words of Kubernetes and Liqo stay English, as they do in the mouth of those who work with them: *pod*, *namespace*,
*label*, *offloading*. What is said of them is Italian. Time is `entro 60s`, `per 10s`, `subito`, and `non … mai`.
"""

from __future__ import annotations

_PLACES = {
    "@both": (
        "[ in namespace {namespace}][ in cluster {cluster}]",
        "[ nel namespace {namespace}][ nel cluster {cluster}]",
    ),
    "@namespace": ("[ in namespace {namespace}]", "[ nel namespace {namespace}]"),
    "@cluster": ("[ in cluster {cluster}]", "[ nel cluster {cluster}]"),
}
"""What the table below abbreviates, in English and in Italian."""

_TABLE = {
    # Playground
    "a playground from scenario {scenario}": "un playground dallo scenario {scenario}",
    "a playground with clusters:": "un playground con i cluster:",
    "I am using cluster {cluster}": "uso il cluster {cluster}",
    "cluster {cluster} is reachable": "il cluster {cluster} è raggiungibile",
    "cluster {cluster} has label {label}": "il cluster {cluster} ha la label {label}",
    "Liqo is installed in cluster {cluster}": "Liqo è installato nel cluster {cluster}",
    "Liqo is installed in every cluster": "Liqo è installato in ogni cluster",
    # Actions
    "I apply manifest {path}[ to namespace {namespace}]@cluster": "applico il manifest {path}@both",
    "I apply[ to namespace {namespace}]@cluster:": "applico@both:",
    "cluster {cluster} rejects with {text}:": "il cluster {cluster} rifiuta con {text}:",
    "I delete {kind:kind} {name}@both": "elimino {kind:kind} {name}@both",
    "I patch {kind:kind} {name}@both with:": "modifico {kind:kind} {name}@both con:",
    "I scale {kind:kind} {name}@both to {count:int} replicas": ("porto {kind:kind} {name}@both a {count:int} repliche"),
    "I label {kind:kind} {name}@both with {labels}": "do a {kind:kind} {name}@both le label {labels}",
    "I annotate {kind:kind} {name}@both with {annotations}": (
        "do a {kind:kind} {name}@both le annotation {annotations}"
    ),
    "I taint node {node}@cluster with {taint}": "metto sul nodo {node}@cluster il taint {taint}",
    "I cordon node {node}@cluster": "chiudo il nodo {node}@cluster ai nuovi pod",
    "I uncordon node {node}@cluster": "riapro il nodo {node}@cluster ai nuovi pod",
    "I drain node {node}@cluster": "svuoto il nodo {node}@cluster",
    "I create namespace {name}@cluster": "creo il namespace {name}@cluster",
    # Faults
    "cluster {cluster} is killed": "il cluster {cluster} viene ucciso",
    "cluster {cluster} is paused": "il cluster {cluster} viene sospeso",
    "the clock of cluster {cluster} jumps {direction:word} by {length:duration}": (
        "l'orologio del cluster {cluster} salta {direction:word} di {length:duration}"
    ),
    "cluster {cluster} is healed": "il cluster {cluster} viene ripristinato",
    "the link between {cluster} and {other} is cut": "il collegamento tra {cluster} e {other} viene interrotto",
    "the link between {cluster} and {other} is slowed down by {delay:duration}": (
        "il collegamento tra {cluster} e {other} viene rallentato di {delay:duration}"
    ),
    "the link between {cluster} and {other} is healed": "il collegamento tra {cluster} e {other} viene ripristinato",
    "everything is healed": "tutto viene ripristinato",
    "cluster {cluster} is not reachable": "il cluster {cluster} non è raggiungibile",
    # Existence and count
    "{kind:kind} {name}@both exists": "{kind:kind} {name}@both esiste",
    "{kind:kind} {name}@both does not exist": "{kind:kind} {name}@both non esiste",
    "no {kind:kind}[ matching {labels}]@both exists": "nessun {kind:kind}[ con label {labels}]@both esiste",
    "exactly {count:int} {kind:kind}[ matching {labels}]@both exist": (
        "esistono esattamente {count:int} {kind:kind}[ con label {labels}]@both"
    ),
    "at least {count:int} {kind:kind}[ matching {labels}]@both exist": (
        "esistono almeno {count:int} {kind:kind}[ con label {labels}]@both"
    ),
    "at most {count:int} {kind:kind}[ matching {labels}]@both exist": (
        "esistono al massimo {count:int} {kind:kind}[ con label {labels}]@both"
    ),
    "exactly {count:int} {kind:kind}[ matching {labels}]@both are {state:state}": (
        "esattamente {count:int} {kind:kind}[ con label {labels}]@both sono {state:state}"
    ),
    "at least {count:int} {kind:kind}[ matching {labels}]@both are {state:state}": (
        "almeno {count:int} {kind:kind}[ con label {labels}]@both sono {state:state}"
    ),
    "at most {count:int} {kind:kind}[ matching {labels}]@both are {state:state}": (
        "al massimo {count:int} {kind:kind}[ con label {labels}]@both sono {state:state}"
    ),
    "cluster {cluster} knows no kind of group {group}": "il cluster {cluster} non conosce kind del gruppo {group}",
    "cluster {cluster} does not exist": "il cluster {cluster} non esiste",
    # State
    "{kind:kind} {name}@both is {state:state}": "{kind:kind} {name}@both è {state:state}",
    "{kind:kind} {name}@both is not {state:state}": "{kind:kind} {name}@both non è {state:state}",
    "{kind:kind} {name}@both stays {state:state}": "{kind:kind} {name}@both resta {state:state}",
    "a {kind:kind} matching {labels}@both is {state:state}": ("un {kind:kind} con label {labels}@both è {state:state}"),
    "every {kind:kind}[ matching {labels}]@both is {state:state}": (
        "ogni {kind:kind}[ con label {labels}]@both è {state:state}"
    ),
    "{kind:kind} {name}@both has condition {condition} = {status}[ with reason {reason}]": (
        "{kind:kind} {name}@both ha la condition {condition} = {status}[ con motivo {reason}]"
    ),
    # Shape
    "{kind:kind} {name}@both matches:": "{kind:kind} {name}@both corrisponde a:",
    "{kind:kind} {name}@both does not match:": "{kind:kind} {name}@both non corrisponde a:",
    "every {kind:kind}[ matching {labels}]@both matches:": (
        "ogni {kind:kind}[ con label {labels}]@both corrisponde a:"
    ),
    "{kind:kind} {name}@both has fields:": "{kind:kind} {name}@both ha i campi:",
    "{kind:kind} {name}@both has field {path} {operator:operator} {value}": (
        "{kind:kind} {name}@both ha il campo {path} {operator:operator} {value}"
    ),
    "{kind:kind} {name}@both has label {label}": "{kind:kind} {name}@both ha la label {label}",
    "{kind:kind} {name}@both does not have label {label}": ("{kind:kind} {name}@both non ha la label {label}"),
    "{kind:kind} {name}@both has annotation {annotation}": ("{kind:kind} {name}@both ha la annotation {annotation}"),
    # Scheduling
    "pod {name}@both is scheduled on node {node}": "il pod {name}@both è assegnato al nodo {node}",
    "a pod matching {labels}@both is scheduled on node {node}": (
        "un pod con label {labels}@both è assegnato al nodo {node}"
    ),
    "pod {name}@both is scheduled on a virtual node": "il pod {name}@both è assegnato a un nodo virtuale",
    "pod {name}@both is scheduled on a physical node": "il pod {name}@both è assegnato a un nodo fisico",
    "a pod matching {labels}@both runs on node {node}": "un pod con label {labels}@both gira sul nodo {node}",
    "a pod matching {labels}@both runs on one of {nodes}": (
        "un pod con label {labels}@both gira su uno dei nodi {nodes}"
    ),
    "no pod@both is on node {node}": "nessun pod@both è sul nodo {node}",
    "a pod matching {labels}@both has an address in {cidr}": (
        "un pod con label {labels}@both ha un indirizzo in {cidr}"
    ),
    "pod {name}@both is unschedulable because {text}": ("il pod {name}@both non trova un nodo perché {text}"),
    "a pod matching {labels}@both is unschedulable because {text}": (
        "un pod con label {labels}@both non trova un nodo perché {text}"
    ),
    "{kind:kind} {name}@both has node affinity requiring {rule}": (
        "{kind:kind} {name}@both ha una node affinity che richiede {rule}"
    ),
    # Events and logs
    "an event {reason} for {kind:kind} {name}@both mentions {text}": (
        "un evento {reason} per {kind:kind} {name}@both menziona {text}"
    ),
    "no Warning events for {kind:kind} {name}@both exist": ("nessun evento Warning per {kind:kind} {name}@both esiste"),
    "logs of pod {name}@both contain {text}": "i log del pod {name}@both contengono {text}",
    # Network
    "pod {name}@both can reach service {service}": "il pod {name}@both raggiunge il service {service}",
    "pod {name}@both cannot reach service {service}": ("il pod {name}@both non raggiunge il service {service}"),
    "I send {count:int} requests from pod {name}@both to service {service}": (
        "invio {count:int} richieste dal pod {name}@both al service {service}"
    ),
    "at least {percent:int}% succeed": "almeno il {percent:int}% ha successo",
    # Commands
    "I run@cluster:": "eseguo@cluster:",
    "I run {command}@cluster": "eseguo {command}@cluster",
    "I try@cluster:": "provo@cluster:",
    "the command succeeds": "il comando riesce",
    "the command fails[ with exit code {code:int}]": "il comando fallisce[ con codice di uscita {code:int}]",
    "the command is rejected with {text}": "il comando è rifiutato con {text}",
    "the output contains {text}": "l'output contiene {text}",
    "the output does not contain {text}": "l'output non contiene {text}",
    "the output contains:": "l'output contiene:",
    "the output matches:": "l'output corrisponde a:",
    "the output is a table with:": "l'output è una tabella con:",
    # Liqo
    "cluster {cluster} is peered with cluster {other}": "il cluster {cluster} ha un peering con il cluster {other}",
    "cluster {cluster} is not peered with cluster {other}": (
        "il cluster {cluster} non ha un peering con il cluster {other}"
    ),
    "a virtual node for cluster {other} exists in cluster {cluster}": (
        "un nodo virtuale per il cluster {other} esiste nel cluster {cluster}"
    ),
    "a virtual node for cluster {other} exists in cluster {cluster} with labels:": (
        "un nodo virtuale per il cluster {other} esiste nel cluster {cluster} con le label:"
    ),
    "resources of peering {peering} are:": "le risorse del peering {peering} sono:",
    "namespace {namespace}@cluster is offloaded to cluster {other}[ but not to cluster {third}]": (
        "il namespace {namespace}@cluster è in offloading sul cluster {other}[ ma non sul cluster {third}]"
    ),
    "namespace {namespace}@cluster is not offloaded": "il namespace {namespace}@cluster non è in offloading",
    "pod {name}@namespace offloaded from cluster {cluster} runs in cluster {other}": (
        "il pod {name}@namespace offloaded dal cluster {cluster} gira nel cluster {other}"
    ),
    "pods matching {labels}@namespace offloaded from cluster {cluster} run in cluster {other}": (
        "i pod con label {labels}@namespace offloaded dal cluster {cluster} girano nel cluster {other}"
    ),
    "{kind:kind} {name}@namespace is reflected from cluster {cluster} to cluster {other}": (
        "{kind:kind} {name}@namespace è riflesso dal cluster {cluster} al cluster {other}"
    ),
    "I peer cluster {cluster} with cluster {other}": "creo il peering del cluster {cluster} con il cluster {other}",
    "I unpeer cluster {cluster} from cluster {other}": "revoco il peering del cluster {cluster} con il cluster {other}",
    "I offload namespace {namespace}@cluster": "metto in offloading il namespace {namespace}@cluster",
    "I offload namespace {namespace}@cluster with:": "metto in offloading il namespace {namespace}@cluster con:",
    "I unoffload namespace {namespace}@cluster": "tolgo dall'offloading il namespace {namespace}@cluster",
    # Blocks and remembered values
    "within {duration:duration} all of:": "entro {duration:duration} tutto questo:",
    "I remember field {path} of {kind:kind} {name}@both as {key}": (
        "ricordo il campo {path} di {kind:kind} {name}@both come {key}"
    ),
    "I remember the name of a {kind:kind} matching {labels}@both as {key}": (
        "ricordo il nome di un {kind:kind} con label {labels}@both come {key}"
    ),
    "I remember the output as {key}": "ricordo l'output come {key}",
    "I remember {value} as {key}": "ricordo {value} come {key}",
    # Cleanup
    "I have noted what every cluster holds": "ho annotato che cosa contiene ogni cluster",
    "cluster {cluster} has no residue of namespace {namespace}": (
        "il cluster {cluster} non ha residui del namespace {namespace}"
    ),
    "every cluster is as it was before the scenario": "ogni cluster è come prima dello scenario",
}


def _written_out(text: str, language: int) -> str:
    for short, long in _PLACES.items():
        text = text.replace(short, long[language])
    return text


ITALIAN: dict[str, str] = {_written_out(english, 0): _written_out(italian, 1) for english, italian in _TABLE.items()}
