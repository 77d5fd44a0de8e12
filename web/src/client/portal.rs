//! Calls of the portal, named after what a requester does.

use shared::api::page::Page;
use shared::api::people::{AccessRequestReceived, NewAccessRequest};
use shared::api::portal::{
    Acceptance, Challenge, CodeProof, NewDraft, NewLookup, NewPublicMessage, NewSurvey,
    PortalApproval, PortalApprovalRow, PortalDesk, PortalDeskRow, PortalSession, Rejection,
    RequesterTicket, RequesterTicketRow, Verified,
};
use shared::api::process::NewApprovalDecision;
use shared::api::session::AccessToken;

use super::http::{ApiError, Client, Fetched, Request, path};

/// Where the portal sends files.
pub const UPLOADS: &str = "/portal/uploads";

/// The desks that take requests.
///
/// # Errors
/// [`ApiError`], as every call here.
pub async fn list_desks(client: Client) -> Result<Vec<PortalDeskRow>, ApiError> {
    client.send(Request::get("/portal/desks").public()).await
}

/// All that the pages need to know of a desk.
pub async fn get_desk(client: Client, desk: String) -> Result<PortalDesk, ApiError> {
    client
        .send(Request::get(path(&["portal", "desks", &desk])).public())
        .await
}

/// Leaves the new ticket form; a code goes to the address.
pub async fn create_draft(
    client: Client,
    draft: &NewDraft,
    key: String,
) -> Result<Challenge, ApiError> {
    client
        .send(Request::post("/portal/drafts").json(draft).key(key))
        .await
}

/// Asks to see one's tickets; a code goes to the address.
pub async fn create_lookup(client: Client, lookup: &NewLookup) -> Result<Challenge, ApiError> {
    client
        .send(Request::post("/portal/lookups").json(lookup).public())
        .await
}

/// The open question for a code, after a reload.
pub async fn get_challenge(client: Client, id: String) -> Result<Challenge, ApiError> {
    client
        .send(Request::get(path(&["portal", "challenges", &id])).public())
        .await
}

/// Asks for another code.
pub async fn resend_code(client: Client, id: &str) -> Result<Challenge, ApiError> {
    client
        .send(Request::post(path(&["portal", "challenges", id, "resend"])).public())
        .await
}

/// Proves the address with a code and begins the session. A code works once; with the same key a try whose answer got
/// lost is answered again.
pub async fn verify_code(
    client: Client,
    id: &str,
    code: String,
    key: String,
) -> Result<Option<String>, ApiError> {
    let request = Request::post(path(&["portal", "challenges", id, "verify"]))
        .json(&CodeProof { code })
        .key(key);
    let verified: Verified = client.send(request.public()).await?;
    // A code that was read out on the phone creates its ticket and opens no session. One from before may be somebody else's.
    if !verified.access_token.is_empty() {
        client.sign_in(AccessToken {
            access_token: verified.access_token,
            expires_in: verified.expires_in,
        });
    } else if client.may_have_session() {
        client.sign_out().await;
    }
    Ok(verified.ticket_code)
}

/// Who is signed in.
pub async fn get_session(client: Client) -> Result<PortalSession, ApiError> {
    client.send(Request::get("/portal/session")).await
}

/// Asks for an account.
pub async fn request_access(
    client: Client,
    request: &NewAccessRequest,
) -> Result<AccessRequestReceived, ApiError> {
    client
        .send(
            Request::post("/portal/access-requests")
                .json(request)
                .public(),
        )
        .await
}

/// A page of the requester's tickets, newest first.
pub async fn list_tickets(
    client: Client,
    cursor: Option<String>,
) -> Result<Page<RequesterTicketRow>, ApiError> {
    let path = match cursor {
        Some(cursor) => ["/portal/tickets?cursor=", &super::http::encode(&cursor)].concat(),
        None => "/portal/tickets".to_owned(),
    };
    client.send(Request::get(path)).await
}

/// One ticket, if it changed since `etag`.
pub async fn poll_ticket(
    client: Client,
    code: &str,
    etag: Option<String>,
) -> Result<Fetched<RequesterTicket>, ApiError> {
    client.poll(ticket(code, &[]), etag).await
}

/// Writes to the support team.
pub async fn add_message(
    client: Client,
    code: &str,
    message: &NewPublicMessage,
    key: String,
) -> Result<(), ApiError> {
    client
        .run(
            Request::post(ticket(code, &["messages"]))
                .json(message)
                .key(key),
        )
        .await
}

/// Accepts the solution.
pub async fn accept_solution(client: Client, code: &str, version: i32) -> Result<(), ApiError> {
    let request = Request::post(ticket(code, &["acceptances"])).json(&Acceptance {});
    client.run(request.if_match(version)).await
}

/// Rejects the solution; the ticket goes back to the team.
pub async fn reject_solution(
    client: Client,
    code: &str,
    reason: String,
    version: i32,
) -> Result<(), ApiError> {
    let request = Request::post(ticket(code, &["rejections"])).json(&Rejection { reason });
    client.run(request.if_match(version)).await
}

/// Rates the service, which closes the ticket.
pub async fn rate_service(
    client: Client,
    code: &str,
    survey: &NewSurvey,
    version: i32,
) -> Result<(), ApiError> {
    let request = Request::post(ticket(code, &["surveys"])).json(survey);
    client.run(request.if_match(version)).await
}

/// A page of the approvals that wait for the person of the session.
pub async fn list_approvals(
    client: Client,
    cursor: Option<String>,
) -> Result<Page<PortalApprovalRow>, ApiError> {
    let path = match cursor {
        Some(cursor) => ["/portal/approvals?cursor=", &super::http::encode(&cursor)].concat(),
        None => "/portal/approvals".to_owned(),
    };
    client.send(Request::get(path)).await
}

/// What the person is asked to approve.
pub async fn get_approval(client: Client, code: String) -> Result<PortalApproval, ApiError> {
    client
        .send(Request::get(path(&["portal", "approvals", &code])))
        .await
}

/// Approves or refuses in one role.
pub async fn decide_approval(
    client: Client,
    code: &str,
    decision: &NewApprovalDecision,
    version: i32,
) -> Result<(), ApiError> {
    let request = Request::post(path(&["portal", "approvals", code, "decisions"])).json(decision);
    client.run(request.if_match(version)).await
}

/// Hands a file that an approval rests on to the browser as a download.
pub async fn download_evidence(
    client: Client,
    code: &str,
    id: &str,
    name: String,
) -> Result<(), ApiError> {
    let file = path(&["portal", "approvals", code, "attachments", id]);
    client.download(file, name).await
}

/// Hands a file of the ticket to the browser as a download.
pub async fn download(client: Client, code: &str, id: &str, name: String) -> Result<(), ApiError> {
    client
        .download(ticket(code, &["attachments", id]), name)
        .await
}

fn ticket(code: &str, rest: &[&str]) -> String {
    let mut parts = vec!["portal", "tickets", code];
    parts.extend_from_slice(rest);
    path(&parts)
}
