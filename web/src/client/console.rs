//! The calls of the console, one function per operation.

use serde::Deserialize;
use shared::api::desks::{DeskAgent, DeskRow, DeskView};
use shared::api::page::Page;
use shared::api::people::{
    AccessApproval, AccessRefusal, AccessRequest, AccessRequestStatus, NewPerson, Person,
    PersonPatch,
};
use shared::api::process::{
    ApprovalRow, ApproverChange, ApproverHolders, ApproverRoles, FollowUpDraft,
    NewApprovalDecision, NewCategoryChange, NewCause, NewContactAttempt, NewControlAnswer,
    NewExtra, NewFollowUp, NewMark, NewMerge, NewRelation, NewTransition,
};
use shared::api::session::{AccessToken, Login, Me};
use shared::api::tickets::{
    NewAssignment, NewEscalation, NewMessage, NewPriorityChange, NewSolution, NewTicket,
    SlaExplanation, TicketChanged, TicketRow, TicketView, TimelineEntry, ViewCounts,
};
use shared::api::vouching::{NewVouchedCode, PendingDraft, VouchedCode};

use super::http::{ApiError, Client, Fetched, Request, encode, path};

type Answer<T> = Result<T, ApiError>;

/// Where the console's files go.
pub const UPLOADS: &str = "/uploads";

/// Signs in with mail address and password.
pub async fn log_in(client: Client, login: &Login) -> Answer<()> {
    let token: AccessToken = client
        .send(Request::post("/session").json(login).public())
        .await?;
    client.sign_in(token);
    Ok(())
}

/// Who is signed in.
pub async fn me(client: Client) -> Answer<Me> {
    client.send(Request::get("/me")).await
}

/// Every desk of the caller.
pub async fn desks(client: Client) -> Answer<Vec<DeskRow>> {
    let list: Page<DeskRow> = client.send(Request::get("/desks")).await?;
    Ok(list.items)
}

/// A desk's profile: words, choices, calendar.
pub async fn desk(client: Client, desk: &str) -> Answer<DeskView> {
    client.send(Request::get(path(&["desks", desk]))).await
}

/// The agents of a desk that tickets can be assigned to.
pub async fn desk_agents(client: Client, desk: &str) -> Answer<Vec<DeskAgent>> {
    let list: Page<DeskAgent> = client
        .send(Request::get(path(&["desks", desk, "agents"])))
        .await?;
    Ok(list.items)
}

/// A page of the queue if it changed; `search` begins with a question mark.
pub async fn tickets(
    client: Client,
    search: &str,
    etag: Option<String>,
) -> Answer<Fetched<Page<TicketRow>>> {
    client.poll(["/tickets", search].concat(), etag).await
}

/// How many tickets each view of a desk holds, if that changed.
pub async fn ticket_counts(
    client: Client,
    desk: &str,
    etag: Option<String>,
) -> Answer<Fetched<ViewCounts>> {
    client
        .poll(["/tickets/counts?desk=", &encode(desk)].concat(), etag)
        .await
}

/// A ticket if it changed.
pub async fn ticket(
    client: Client,
    code: &str,
    etag: Option<String>,
) -> Answer<Fetched<TicketView>> {
    client.poll(path(&["tickets", code]), etag).await
}

/// Older entries of a ticket's timeline.
pub async fn timeline(client: Client, code: &str, cursor: &str) -> Answer<Page<TimelineEntry>> {
    let address = [
        &path(&["tickets", code, "timeline"]),
        "?cursor=",
        &encode(cursor),
    ]
    .concat();
    client.send(Request::get(address)).await
}

/// How the figures of a ticket's clocks come about.
pub async fn sla_explanation(client: Client, code: &str) -> Answer<Vec<SlaExplanation>> {
    #[derive(Deserialize)]
    struct Explanations {
        clocks: Vec<SlaExplanation>,
    }
    let answer: Explanations = client
        .send(Request::get(path(&["tickets", code, "sla"])))
        .await?;
    Ok(answer.clocks)
}

/// Records a ticket for a registered person.
pub async fn create_ticket(client: Client, ticket: &NewTicket, key: &str) -> Answer<TicketChanged> {
    client
        .send(Request::post("/tickets").json(ticket).key(key))
        .await
}

/// Writes a public reply or an internal note.
pub async fn create_message(
    client: Client,
    code: &str,
    message: &NewMessage,
    key: &str,
) -> Answer<()> {
    client
        .run(
            Request::post(path(&["tickets", code, "messages"]))
                .json(message)
                .key(key),
        )
        .await
}

/// A change of a ticket that an agent asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketAction {
    /// Puts somebody in charge.
    Assign(NewAssignment),
    /// Moves it to another level.
    Escalate(NewEscalation),
    /// Corrects the priority.
    ChangePriority(NewPriorityChange),
    /// Delivers a solution.
    Solve(NewSolution),
    /// Any other move between states.
    Move(NewTransition),
    /// Corrects the category.
    ChangeCategory(NewCategoryChange),
    /// Records an attempt to reach the requester.
    RecordAttempt(NewContactAttempt),
    /// Sends the next mail of the follow-up series.
    FollowUp(NewFollowUp),
    /// Answers a control question.
    AnswerControl(NewControlAnswer),
    /// Completes or corrects the answers to the form of the category.
    SetExtra(NewExtra),
    /// Marks the ticket, or takes the mark off.
    Mark(NewMark),
    /// Keeps the cause that was found.
    RecordCause(NewCause),
    /// Decides an approval.
    Decide(NewApprovalDecision),
    /// Puts other tickets under this one.
    Relate(NewRelation),
    /// Joins this ticket to another one.
    Merge(NewMerge),
    /// Takes back having joined it.
    Unmerge,
}

impl TicketAction {
    /// Sends the change for a version of the ticket that the agent has seen.
    ///
    /// # Errors
    /// [`ApiError`]: 409 when the state forbids it, 412 when somebody changed the ticket meanwhile, 422 for wrong fields.
    pub async fn send(
        &self,
        client: Client,
        code: &str,
        version: i32,
        key: &str,
    ) -> Answer<TicketChanged> {
        let to = |resource: &str| Request::post(path(&["tickets", code, resource]));
        let request = match self {
            Self::Assign(body) => to("assignments").json(body),
            Self::Escalate(body) => to("escalations").json(body),
            Self::ChangePriority(body) => to("priority-changes").json(body),
            Self::Solve(body) => to("solutions").json(body),
            Self::Move(body) => to("transitions").json(body),
            Self::ChangeCategory(body) => to("category-changes").json(body),
            Self::RecordAttempt(body) => to("contact-attempts").json(body),
            Self::FollowUp(body) => to("follow-ups").json(body),
            Self::AnswerControl(body) => to("control-answers").json(body),
            Self::SetExtra(body) => to("extra").json(body),
            Self::Mark(body) => to("marks").json(body),
            Self::RecordCause(body) => to("causes").json(body),
            Self::Decide(body) => to("approval-decisions").json(body),
            Self::Relate(body) => to("relations").json(body),
            Self::Merge(body) => to("merge").json(body),
            Self::Unmerge => Request::delete(path(&["tickets", code, "merge"])),
        };
        client.send(request.if_match(version).key(key)).await
    }
}

/// Takes a ticket from under its parent.
pub async fn unrelate(client: Client, parent: &str, child: &str) -> Answer<()> {
    client
        .run(Request::delete(path(&[
            "tickets",
            parent,
            "relations",
            child,
        ])))
        .await
}

/// The next mail of the follow-up series, as the product prepares it.
pub async fn follow_up(client: Client, code: &str) -> Answer<FollowUpDraft> {
    client
        .send(Request::get(path(&["tickets", code, "follow-ups"])))
        .await
}

/// Tickets that wait for the caller's decision, if they changed: as many as one answer holds, to count them.
pub async fn approvals(client: Client, etag: Option<String>) -> Answer<Fetched<Page<ApprovalRow>>> {
    client.poll("/approvals?limit=100".to_owned(), etag).await
}

/// A page of the tickets that wait for the caller's decision.
pub async fn approvals_page(client: Client, cursor: Option<&str>) -> Answer<Page<ApprovalRow>> {
    let address = with_cursor("/approvals?limit=25".to_owned(), cursor);
    client.send(Request::get(address)).await
}

/// What one ticket asks of the caller.
pub async fn approval(client: Client, code: &str) -> Answer<Vec<ApprovalRow>> {
    let page: Page<ApprovalRow> = client
        .send(Request::get(path(&["approvals", code])))
        .await?;
    Ok(page.items)
}

/// Who holds the approver roles of a desk.
pub async fn approvers(client: Client, desk: &str) -> Answer<ApproverRoles> {
    client
        .send(Request::get(path(&["desks", desk, "approvers"])))
        .await
}

/// Replaces the holders of an approver role, if the list is still the one that was seen; answers every role as it is then.
pub async fn keep_approvers(
    client: Client,
    desk: &str,
    role: &str,
    holders: &ApproverHolders,
    version: i32,
) -> Answer<ApproverRoles> {
    let request = Request::put(path(&["desks", desk, "approvers", role])).json(holders);
    client.send(request.if_match(version)).await
}

/// Who changed the approvers of a desk, newest first.
pub async fn approver_changes(
    client: Client,
    desk: &str,
    cursor: Option<&str>,
) -> Answer<Page<ApproverChange>> {
    let address = [&path(&["desks", desk, "approver-changes"]), "?limit=10"].concat();
    client
        .send(Request::get(with_cursor(address, cursor)))
        .await
}

/// Tickets of a desk that hold a text in code, subject, requester or entity: enough to choose from. `kind` is the word of a
/// request type; every type without one.
pub async fn find_tickets(
    client: Client,
    desk: &str,
    text: &str,
    kind: &str,
) -> Answer<Vec<TicketRow>> {
    let kind = if kind.is_empty() {
        String::new()
    } else {
        ["&request_type=", &encode(kind)].concat()
    };
    let address = [
        "/tickets?view=all&limit=20&sort=-updated&desk=",
        &encode(desk),
        "&q=",
        &encode(text),
        &kind,
    ]
    .concat();
    let page: Page<TicketRow> = client.send(Request::get(address)).await?;
    Ok(page.items)
}

/// Downloads a file of a ticket.
pub async fn download(client: Client, code: &str, attachment: &str, name: String) -> Answer<()> {
    client
        .download(path(&["tickets", code, "attachments", attachment]), name)
        .await
}

/// Registered people of a desk whose name, address or entity holds the text; all without one.
pub async fn people(
    client: Client,
    desk: &str,
    text: &str,
    cursor: Option<&str>,
) -> Answer<Page<Person>> {
    let mut address = ["/people?desk=", &encode(desk)].concat();
    if !text.is_empty() {
        address.push_str("&q=");
        address.push_str(&encode(text));
    }
    client
        .send(Request::get(with_cursor(address, cursor)))
        .await
}

/// One person.
pub async fn person(client: Client, id: i64) -> Answer<Person> {
    client
        .send(Request::get(path(&["people", &id.to_string()])))
        .await
}

/// Registers a person.
pub async fn create_person(client: Client, person: &NewPerson, key: &str) -> Answer<Person> {
    client
        .send(Request::post("/people").json(person).key(key))
        .await
}

/// Changes a person.
pub async fn update_person(
    client: Client,
    id: i64,
    version: i32,
    patch: &PersonPatch,
) -> Answer<Person> {
    client
        .send(
            Request::patch(path(&["people", &id.to_string()]))
                .json(patch)
                .if_match(version),
        )
        .await
}

/// Requests for access of a desk, by where they stand.
pub async fn access_requests(
    client: Client,
    desk: &str,
    status: AccessRequestStatus,
    cursor: Option<&str>,
) -> Answer<Page<AccessRequest>> {
    let status = match status {
        AccessRequestStatus::Pending => "pending",
        AccessRequestStatus::Approved => "approved",
        AccessRequestStatus::Refused => "refused",
    };
    let address = ["/access-requests?desk=", &encode(desk), "&status=", status].concat();
    client
        .send(Request::get(with_cursor(address, cursor)))
        .await
}

/// Approves a request for access: the person is registered.
pub async fn approve_access(
    client: Client,
    id: i64,
    approval: &AccessApproval,
    key: &str,
) -> Answer<()> {
    let request = Request::post(path(&["access-requests", &id.to_string(), "approval"]));
    client.run(request.json(approval).key(key)).await
}

/// Refuses a request for access.
pub async fn refuse_access(
    client: Client,
    id: i64,
    refusal: &AccessRefusal,
    key: &str,
) -> Answer<()> {
    let request = Request::post(path(&["access-requests", &id.to_string(), "refusal"]));
    client.run(request.json(refusal).key(key)).await
}

/// The draft behind the reference that a caller reads out; 404 when there is none.
pub async fn pending_draft(client: Client, desk: &str, reference: &str) -> Answer<PendingDraft> {
    let address = [
        "/vouching/drafts?desk=",
        &encode(desk),
        "&reference=",
        &encode(reference),
    ]
    .concat();
    client.send(Request::get(address)).await
}

/// Makes a fresh code for a draft, to be read out; answered this once.
pub async fn vouch(
    client: Client,
    draft: &str,
    statement: &NewVouchedCode,
    key: &str,
) -> Answer<VouchedCode> {
    client
        .send(
            Request::post(path(&["vouching", "drafts", draft, "codes"]))
                .json(statement)
                .key(key),
        )
        .await
}

fn with_cursor(mut address: String, cursor: Option<&str>) -> String {
    if let Some(cursor) = cursor {
        address.push_str("&cursor=");
        address.push_str(&encode(cursor));
    }
    address
}
