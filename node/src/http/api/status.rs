//! `GET /status`: who this node is, whom it knows and what is not yet shared.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use crdt_schema::identity::{NodeId, OrganizationId};
use engine::Reader;
use engine::input::Command;
use engine::view::{FormerView, JoinState, JoinView, PeerView};
use network::Lines;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::members::standing;
use crate::http::api::{organization, time};
use crate::http::extract::Id;
use crate::http::problem::Problem;
use crate::http::ways::{self, Way};

pub(crate) async fn show(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let (mut status, peers) = app.handle().read(|node| (status(node), node.peers())).await?;
    let peers = peers.iter().map(|peer| peer_view(peer, &ways::ways(app.handle(), &peer.ways)));
    let peers: Value = peers.collect();
    if let Some(status) = status.as_object_mut() {
        status.insert("peers".to_owned(), peers);
        status.insert("network".to_owned(), lines(&app.handle().lines()));
    }
    Ok(Json(status))
}

pub(crate) async fn call(
    State(app): State<App>,
    Id(organization): Id<OrganizationId>,
) -> Result<StatusCode, Problem> {
    app.handle().act(Command::CallNow { organization }).await?;
    Ok(StatusCode::ACCEPTED)
}

fn status(node: &mut Reader<'_>) -> Value {
    let card = node.card().clone();
    let id = node.node();
    let peer = peer_id(&id);
    let listen: Vec<String> =
        node.addresses().iter().map(|address| format!("{address}/p2p/{peer}")).collect();
    let workspaces: Vec<Value> = node
        .workspaces()
        .iter()
        .map(
            |workspace| json!({"id": workspace.id, "name": workspace.name, "role": workspace.role}),
        )
        .collect();
    json!({
        "organization": {
            "id": card.organization,
            "name": card.name,
            "sector": card.sector,
            "fingerprint": card.organization.fingerprint(),
        },
        "node": {"id": id, "peer_id": peer},
        "listen": listen,
        "workspaces": workspaces,
        "former": node.former().iter().map(former).collect::<Vec<_>>(),
        "joins": node.joins().iter().map(join).collect::<Vec<_>>(),
        "unsent": node.unsent(),
    })
}

fn peer_view(peer: &PeerView, ways: &[Way]) -> Value {
    json!({
        "organization": organization(&peer.organization, &peer.name),
        "connected": peer.connected,
        "last_seen": peer.last_seen.map(time),
        "unseen": peer.unseen,
        "unseen_since": peer.unseen_since.map(time),
        "computers": ways.iter().map(way).collect::<Vec<_>>(),
    })
}

fn lines(lines: &Lines) -> Value {
    let relay = lines.service.map(|service| {
        json!({
            "places": service.places,
            "connections": service.circuits,
            "connections_total": service.circuits_total,
            "refused_total": service.refused_total,
        })
    });
    let relays: Vec<&String> = lines.relays.iter().map(|(_, address)| address).collect();
    json!({"relays": relays, "reached": lines.is_reached, "relay": relay})
}

fn way(way: &Way) -> Value {
    let tried = way.tried.iter().map(|(address, trouble)| (address, Some(ways::code(*trouble))));
    let untried = way.untried.iter().map(|address| (address, None));
    let addresses =
        tried.chain(untried).map(|(address, result)| json!({"address": address, "result": result}));
    json!({
        "node": way.node,
        "peer_id": peer_id(&way.node),
        "state": way.state.code(),
        "reason": way.state.words(),
        "advice": way.state.advice(),
        "last_try": way.last_try.map(time),
        "next_try": way.next_try.map(time),
        "addresses": addresses.collect::<Vec<_>>(),
    })
}

fn former(former: &FormerView) -> Value {
    json!({
        "workspace": {"id": former.id, "name": former.name},
        "state": standing(former.standing),
        "reason": former.reason,
    })
}

fn join(join: &JoinView) -> Value {
    let (state, reason) = match &join.state {
        JoinState::Unreached => ("unreached", None),
        JoinState::NeedsApproval => ("needs_approval", None),
        JoinState::Refused(reason) => ("refused", Some(reason)),
    };
    json!({
        "workspace": {"id": join.workspace, "name": join.workspace_name},
        "inviter": organization(&join.inviter, &join.inviter_name),
        "role": join.role,
        "since": time(join.since),
        "state": state,
        "reason": reason,
    })
}

/// Returns a node's libp2p name: base58 of the identity multihash of its public key.
pub(crate) fn peer_id(node: &NodeId) -> String {
    // Multihash "identity" of 36 bytes; protobuf: key type Ed25519, then 32 bytes of key.
    let mut bytes = vec![0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
    bytes.extend_from_slice(node.as_bytes());
    bs58::encode(bytes).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_id_is_libp2ps() {
        // From the libp2p specification of peer ids: the Ed25519 test vector.
        let key = hex::decode("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
            .unwrap();
        let node = NodeId(key.try_into().unwrap());
        assert_eq!(peer_id(&node), "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    }
}
