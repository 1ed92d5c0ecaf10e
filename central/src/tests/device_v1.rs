//! `/device/v1`.

use lintel_core::ack::SignedAck;
use lintel_core::limits::MAX_PACKET_BYTES;

use super::*;

fn empty_batch(device: &str) -> String {
    format!(r#"{{"v":1,"device_id":"{device}","stream":"01890a5d-ac96-774b-bcce-b302099a8057","events":[]}}"#)
}

#[tokio::test]
async fn an_accepted_batch_gets_an_ack_that_the_pinned_key_signed() {
    let central = TestCentral::with_site().await;
    let token = central.door("door-1").await;
    let sent = request("POST", "/device/v1/events", Some(&token), empty_batch("door-1"));
    let answer = ask(&central.doors, sent).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let ack: SignedAck = serde_json::from_str(&answer.text).unwrap();
    let body = ack.verify(&central.state.keys().ack.verifying_key()).unwrap();
    assert_eq!(body.through_seq, 0);
}

#[tokio::test]
async fn bad_batches_are_refused_with_a_reason() {
    let central = TestCentral::with_site().await;
    let token = central.door("door-1").await;
    for (body, status, code) in [
        ("{".to_owned(), StatusCode::BAD_REQUEST, "not_a_batch"),
        (empty_batch("door-2"), StatusCode::FORBIDDEN, "other_device"),
        ("x".repeat(MAX_PACKET_BYTES + 1), StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    ] {
        let answer = ask(&central.doors, request("POST", "/device/v1/events", Some(&token), body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_revoked_door_is_let_in_no_more() {
    let central = TestCentral::with_site().await;
    let token = central.door("door-1").await;
    let permit = Actor::local().permit().unwrap();
    devices::revoke(central.state.db(), &permit, &HandClock, &"door-1".parse().unwrap()).await.unwrap();
    let sent = request("POST", "/device/v1/events", Some(&token), empty_batch("door-1"));
    assert_eq!(ask(&central.doors, sent).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_gallery_before_the_first_heartbeat_says_what_comes_first() {
    let central = TestCentral::with_site().await;
    let token = central.door("door-1").await;
    let answer =
        ask(&central.doors, request("GET", "/device/v1/gallery?since=0&pack=lintel-1", Some(&token), ""))
            .await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "heartbeat_first"));
}
