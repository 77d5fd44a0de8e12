//! The console's words, Spanish first: those of the first load, and those that come with the parts that need them.

use crate::client::uploads::Unfinished;

crate::messages! {
    /// Words of the first load, and those that its pages share with others.
    pub enum Words {
        // Frame, sign-in, rail.
        Console = "Consola de agentes", "Agent console";
        Loading = "Cargando…", "Loading…";
        PartNotLoaded = "No se pudo cargar esta ventana. Revise su conexión e inténtelo de nuevo.",
            "This window could not be loaded. Check your connection and try again.";
        PageNotFound = "Esta página no existe", "This page does not exist";
        PageNotFoundHelp = "Puede que el enlace esté incompleto o que la página haya cambiado de lugar.", "The link may be incomplete, or the page may have moved.";
        BackToQueue = "Ir a la cola", "Go to the queue";
        SignInTitle = "Iniciar sesión", "Sign in";
        SignIn = "Iniciar sesión", "Sign in";
        SigningIn = "Iniciando sesión…", "Signing in…";
        SignInBlank = "Escriba su correo y su contraseña.", "Enter your email address and password.";
        SignOut = "Cerrar sesión", "Sign out";
        Password = "Contraseña", "Password";
        ShowPassword = "Mostrar la contraseña", "Show the password";
        Views = "Vistas", "Views";
        Desk = "Mesa", "Desk";
        ChooseDesk = "Elegir mesa", "Choose desk";
        ViewMine = "Mis {words}", "My {words}";
        ViewGroup = "De mi grupo", "My group";
        ViewAll = "Tod{o}s", "All";
        ViewUnassigned = "Sin asignar", "Unassigned";
        ViewDueSoon = "Por vencer", "Due soon";
        ViewDueContact = "Para contactar hoy", "Contact today";
        ViewSolved = "Solucionad{o}s", "Solved";
        ViewClosed = "Cerrad{o}s", "Closed";
        People = "Personas", "People";
        AccessRequests = "Solicitudes de acceso", "Access requests";
        Vouching = "Validar llamada", "Verify a caller";
        MainNavigation = "Principal", "Main";
        Queue = "Cola", "Queue";
        New = "Nuevo", "New";
        Menu = "Menú", "Menu";
        OpenMenu = "Abrir el menú", "Open the menu";
        CloseMenu = "Cerrar el menú", "Close the menu";
        Preferences = "Preferencias", "Preferences";
        ConnectionLost = "Sin conexión con el servidor: lo que ve puede estar desactualizado.",
            "No connection to the server: what you see may be out of date.";

        // Shortcuts.
        Shortcuts = "Atajos de teclado", "Keyboard shortcuts";

        // Queue.
        SearchTickets = "Buscar por código o asunto", "Search by code or subject";
        SearchShort = "Buscar", "Search";
        TicketList = "Lista de {words}", "List of {words}";
        NewTicket = "Nuev{o} {word}", "New {word}";
        NewTicketKey = "Nuev{o} {word} (C)", "New {word} (C)";
        Unassigned = "Sin asignar", "Unassigned";
        AwaitsReply = "El solicitante escribió. ", "The requester wrote. ";
        TicketWord = "ticket", "ticket";
        CategoryWord = "categoría", "category";
        PriorityWord = "prioridad", "priority";
        PrioritySpoken = "{Word} {0}", "{Word} {0}";
        OneNew = "1 nuev{o}", "1 new";
        ManyNew = "{0} nuev{o}s", "{0} new";
        ListChanged = "La lista cambió: actualizar", "The list changed: update";
        NoTickets = "No hay {words} aquí", "No {words} here";
        NoTicketsHelp = "Elija otra vista o busque por código, asunto o persona.", "Choose another view, or search by code, subject or person.";
        NothingFound = "No hay {words} que coincidan", "No matching {words}";
        NothingFoundHelp = "Cambie la búsqueda o quite los filtros.", "Change the search or clear the filters.";
        NothingInView = "Se buscó solo en esta vista.", "Only this view was searched.";
        SearchAll = "Buscar en todos, también cerrados", "Search all, closed ones too";
        ClearFilters = "Quitar filtros", "Clear filters";
        Filters = "Filtros", "Filters";
        FiltersCount = "Filtros ({0})", "Filters ({0})";
        SortList = "Ordenar la lista", "Sort the list";
        SortBy = "Ordenar por {0}", "Sort by {0}";
        SortedUp = "{0}: ascendente; invertir", "{0}: ascending; reverse";
        SortedDown = "{0}: descendente; invertir", "{0}: descending; reverse";
        Rising = "{0} ↑", "{0} ↑";
        Falling = "{0} ↓", "{0} ↓";
        Code = "Código", "Code";
        Subject = "Asunto", "Subject";
        State = "Estado", "State";
        Priority = "{Word}", "{Word}";
        Requester = "Solicitante", "Requester";
        Assignee = "Asignado a", "Assignee";
        Level = "Nivel", "Level";
        LevelShort = "N", "L";
        Group = "Grupo", "Group";
        Due = "Plazo", "Due";
        Updated = "Actualizado", "Updated";
        Created = "Creado", "Created";
        Pages = "Páginas", "Pages";
        Previous = "Anterior", "Previous";
        Next = "Siguiente", "Next";

        // Clocks.
        Attention = "Atención", "Attention";
        Solution = "Solución", "Solution";
        NoTarget = "Sin plazo", "No target";
        NoTargetLong = "Sin tiempo comprometido.", "No time commitment.";
        Paused = "En pausa", "Paused";
        Met = "A tiempo", "On time";
        Overdue = "Venció", "Overdue";
        OverdueBy = "venció hace {0} {1} hábiles", "{0} business {1} late";
        OverdueShort = "{0} tarde", "{0} late";
        OverdueSpoken = "Venció", "Overdue";
        LeftSpoken = "Quedan", "Left";
        DueSpoken = "Vence", "Due";
        ClockDue = "{0}: vence {1}", "{0}: due {1}";
        ClockWasDue = "{0}: el plazo era {1}; {2}", "{0}: was due {1}; {2}";
        Deadlines = "Plazos", "Targets";
        Why = "¿Por qué?", "Why?";
        TargetIs = "Compromiso: {0}", "Committed: {0}";
        UsedOf = "{0}: tiempo usado", "{0}: time used";
        Used = "Usado: {0}", "Used: {0}";
        UsedAndLeft = "Usado: {0} · Queda: {1}", "Used: {0} · Left: {1}";
        PausedBy = "En pausa: {0}", "Paused: {0}";
        MetAt = "Se cumplió {0}", "Met {0}";
        MetLate = "Se cumplió tarde, {0}", "Met late, {0}";
        DueAt = "Vence {0}", "Due {0}";
        BreachedAt = "Venció {0}", "Was due {0}";

        // Ticket.
        TicketNotFound = "No encontramos {this}", "We could not find {this}";
        TicketNotFoundHelp = "El código no existe o usted no tiene acceso a su mesa.", "The code does not exist, or you have no access to its desk.";
        NoLongerSeen = "Usted ya no ve {this}", "You no longer see {this}";
        NoLongerSeenHelp = "Pasó a otro grupo o a otra persona. Lo que usted guardó se conserva.", "It went to another group or person. What you saved is kept.";
        WentToSecurity = "Entregad{o} al grupo de seguridad", "Handed to the security group";
        WentToSecurityHelp = "Su marca quedó guardada. Desde ahora ese grupo se hace cargo de {this}, que ya no aparece en sus listas.", "Your mark was saved. That group takes care of {this} from now on, and you no longer see it in your lists.";
        TicketParts = "Partes {of_the}", "Parts {of_the}";
        Conversation = "Conversación", "Conversation";
        Facts = "Datos {of_the}", "Details {of_the}";
        BackToList = "Volver a la lista", "Back to the list";
        ShowPanel = "Mostrar los datos {of_the}", "Show the details {of_the}";
        HidePanel = "Ocultar los datos {of_the}", "Hide the details {of_the}";
        FilterTimeline = "Filtrar la conversación", "Filter the conversation";
        ShowAll = "Todo", "Everything";
        ShowReplies = "Mensajes", "Messages";
        ShowNotes = "Notas", "Notes";
        ShowChanges = "Cambios", "Changes";
        ShowMails = "Correos", "Emails";
        LoadOlder = "Ver anteriores", "Show earlier";
        NothingInTimeline = "No hay nada de este tipo.", "Nothing of this kind.";
        LatestReply = "Mensaje de {0}", "Message by {0}";
        LatestNote = "Nota interna de {0}", "Internal note by {0}";
        MailTo = "{0} a {1}", "{0} to {1}";
        MailPending = "Por enviar", "To be sent";
        MailSent = "Enviado", "Sent";
        MailFailed = "No se pudo enviar", "Could not be sent";
        MailWithdrawn = "Retirado antes de enviarse", "Withdrawn before it was sent";
        Data = "Datos", "Details";
        Name = "Nombre", "Name";
        Entity = "Entidad", "Entity";
        Site = "Sede", "Site";
        Department = "Dependencia", "Department";
        Extension = "Extensión", "Extension";
        Phone = "Teléfono", "Phone";
        Email = "Correo", "Email";
        Identity = "Identidad", "Identity";
        ProvedByMail = "Código por correo", "Code by email";
        ProvedByPhone = "Validada por teléfono", "Verified by phone";
        RecordedByAgent = "Registro de la mesa", "Recorded by the desk";
        OneOtherTicket = "Otr{o} {word} abiert{o} de esta persona", "1 other open {word} from this person";
        ManyOtherTickets = "Otr{o}s {0} o más {words} abiert{o}s de esta persona", "{0} or more other open {words} from this person";
        OtherTickets = "Otr{o}s {0} {words} abiert{o}s de esta persona", "{0} other open {words} from this person";
        Assignment = "Asignación", "Assignment";
        Agent = "Agente", "Agent";
        Type = "Tipo", "Type";
        Category = "{Word}", "{Word}";
        Channel = "Canal", "Channel";
        ChannelPortal = "Portal", "Portal";
        ChannelPhone = "Teléfono", "Phone";
        ChannelMail = "Correo", "Email";
        ChannelChat = "Chat", "Chat";
        ChannelInPerson = "Presencial", "In person";
        ChannelApi = "API", "API";
        Reopened = "Reabierto", "Reopened";
        Once = "1 vez", "Once";
        Times = "{0} veces", "{0} times";
        Files = "Archivos", "Files";

        // Composer.
        KindOfMessage = "Tipo de mensaje", "Kind of message";
        PublicReply = "Respuesta pública", "Public reply";
        InternalNote = "Nota interna", "Internal note";
        WillBeMailed = "Se enviará a {0}", "Will be sent to {0}";
        TeamOnly = "Solo la ve el equipo de la mesa", "Only the desk's team sees it";
        ReplyPlaceholder = "Escriba la respuesta para el solicitante…", "Write the reply to the requester…";
        NotePlaceholder = "Escriba una nota para el equipo…", "Write a note for the team…";
        Attach = "Adjuntar", "Attach";
        Sending = "Enviando…", "Sending…";
        SendReply = "Enviar respuesta", "Send reply";
        SaveNote = "Guardar nota", "Save note";
        ReplySent = "Respuesta enviada", "Reply sent";
        NoteSaved = "Nota guardada", "Note saved";
        FilesStillSending = "Espere a que terminen de subir los archivos.", "Wait until the files have finished uploading.";
        FilesNotArrived = "Hay archivos que no se adjuntaron: quítelos o intente de nuevo.", "Some files were not attached: remove them or try again.";
        ClosedForMessages = "{This} terminó y no admite más mensajes.", "{This} has ended and takes no more messages.";

        // Actions.
        Actions = "Acciones", "Actions";
        NothingToDo = "No hay acciones disponibles para usted en este estado.", "There is nothing you can do in this state.";
        Take = "Tomar", "Take";
        Taken = "Ahora {the} está a su cargo", "{The} is now yours";
        Assign = "Asignar", "Assign";
        Escalate = "Escalar", "Escalate";
        ChangePriority = "Cambiar {word}", "Change {word}";
        ChoosePriority = "Elija {the}.", "Choose {the}.";
        Reason = "Motivo", "Reason";
        Change = "Cambiar", "Change";
        Solve = "Solucionar", "Solve";
        ChangedMeanwhile = "Alguien cambió estos datos mientras tanto. Ya están actualizados y lo que escribió se conserva: revise antes de enviar.",
            "Someone changed this in the meantime. It is up to date now, and what you typed is kept: check it before you send.";
        PossibleNow = "Ahora puede: {0}.", "Possible now: {0}.";
        Cancel = "Cancelar", "Cancel";
        MoreActions = "Más acciones", "More actions";
        Waits = "Falta algo", "Not yet";
        MoveTo = "Pasar a {0}", "Move to {0}";
        Start = "Iniciar atención", "Start work";
        Started = "La atención comenzó", "Work has started";
        Complete = "Completar", "Complete";
        Resume = "Retomar", "Resume";
        WithdrawApproval = "Retirar la solicitud de aprobación", "Withdraw the request for approval";
        ReturnFromVendor = "Recibir del proveedor", "Take back from vendor";
        RequestApproval = "Pedir aprobación", "Ask for approval";
        DecideApproval = "Decidir la aprobación", "Decide the approval";
        ChangeCategory = "Cambiar {word}", "Change {word}";
        CloseByDesk = "Validar y cerrar", "Validate and close";
        RejectSolution = "Devolver la solución", "Send the solution back";
        RecordAttempt = "Registrar intento de contacto", "Record a contact attempt";
        EscalateOnsite = "Enviar a sitio", "Send on site";
        Suspend = "Suspender", "Suspend";
        SendToVendor = "Enviar al proveedor", "Send to vendor";
        MarkUnsolvable = "Declarar sin solución", "Mark as unsolvable";
        MarkNotManaged = "Terminar sin atención", "Close as not managed";
        SendFollowUp = "Enviar correo de seguimiento", "Send a follow-up email";
        SetExtra = "Completar datos de la solicitud", "Complete the request details";
        RecordCause = "Registrar la causa", "Record the cause";
        CreateRelation = "Crear relación", "Create a relation";
        MergeDuplicate = "Unir duplicado", "Merge a duplicate";

        MarkProblem = "Marcar como problema", "Mark as a problem";
        MarkSecurity = "Marcar como incidente de seguridad", "Mark as a security incident";
        UnmarkProblem = "Quitar la marca de problema", "Remove the problem mark";
        UnmarkSecurity = "Quitar la marca de seguridad", "Remove the security mark";
        Marked = "Marca guardada", "Mark saved";
        Problem = "Problema", "Problem";
        Security = "Seguridad", "Security";
        Cause = "Causa", "Cause";

        // Panel.
        PanelParts = "Partes de los datos", "Parts of the details";
        PanelFacts = "Datos", "Details";
        PanelProcess = "Gestión", "Process";
        PanelTies = "Relaciones", "Relations";
        Impact = "Impacto", "Impact";
        Urgency = "Urgencia", "Urgency";
        Vendor = "Proveedor", "Vendor";
        NextContact = "Próximo contacto", "Next contact";
        SuspendedTime = "Suspendido en total", "Total time suspended";
        Restricted = "Acceso restringido", "Restricted access";
        Vip = "VIP", "VIP";
        FormData = "Datos de la solicitud", "Request details";
        Survey = "Calificación del solicitante", "The requester's rating";
        SurveyVersion = "Preguntas: versión {0}", "Questions: version {0}";
        Yes = "Sí", "Yes";
        UntilContact = "Próximo contacto: {0}", "Next contact: {0}";
        CameFrom = "Viene de {0}", "Came from {0}";
        MergedInto = "{This} se unió a {0}", "{This} was merged into {0}";
        MergedHelp = "Lo que llegue aquí continúa allá.", "Anything sent here continues there.";
        UndoMerge = "Deshacer", "Undo";
        MergeUndone = "L{o}s {words} están separad{o}s de nuevo", "The {words} are separate again";
        ApprovalIsYours = "{This} espera su decisión", "{This} is waiting for your decision";
        DecideDots = "Decidir…", "Decide…";
        Approvals = "Aprobaciones", "Approvals";
        Approvers = "Aprobadores", "Approvers";
    }
}

crate::messages! {
    /// Words of the pages that come later.
    pub enum PageWords {
        // Actions.
        Close = "Cerrar", "Close";
        Save = "Guardar", "Save";
        Back = "Volver", "Back";
        ShowMore = "Mostrar más", "Show more";

        // New ticket.
        RequesterHint = "Busque por nombre, correo o entidad; escriba al menos tres letras.", "Search by name, email address or entity; type at least three letters.";
        ChoosePerson = "Elija a la persona que pide el servicio.", "Choose the person who is asking for the service.";
        PeopleFound = "Personas encontradas: {0}", "People found: {0}";
        NobodyFound = "Ninguna persona registrada coincide.", "No registered person matches.";
        WriteSubject = "Escriba el asunto.", "Enter the subject.";
        WriteDescription = "Escriba la descripción.", "Enter the description.";
        WriteAddress = "Escriba el correo.", "Enter the email address.";
        WriteName = "Escriba el nombre completo.", "Enter the full name.";
        WritePhone = "Escriba el teléfono.", "Enter the phone number.";
        WriteEntity = "Escriba la entidad.", "Enter the entity.";
        ChooseType = "Elija el tipo.", "Choose the type.";
        ChooseCategory = "Elija {the}.", "Choose {the}.";
        SubjectHint = "Una frase que resuma lo que pasa.", "One sentence that sums up what is happening.";
        CodeByMail = "El solicitante recibirá por correo el código {of_the}.", "The requester will get the code {of_the} by email.";
        FilesOptional = "Archivos (opcional)", "Files (optional)";
        Description = "Descripción", "Description";
        DescriptionHint = "Lo que contó la persona: qué pasa, desde cuándo, a quiénes afecta.", "What the person told you: what is happening, since when, and who is affected.";
        CreateTicket = "Crear {word}", "Create {word}";
        ChooseImpact = "Elija el impacto.", "Choose the impact.";
        ChooseUrgency = "Elija la urgencia.", "Choose the urgency.";
        OwnPriority = "La que corresponda", "Automatic";
        OwnPriorityHelp = "La define {the} o la mesa.", "{The} or the desk sets it.";
        NeedsEvidence = "{This} necesita un archivo que pruebe el visto bueno: adjúntelo aquí o después.", "{This} needs a file as proof of approval: attach it here or later.";
        CutOff = "Lo que llega después de las {0} cuenta desde el día hábil siguiente.", "Anything that arrives after {0} counts from the next business day.";
        RestrictedCategory = "Lo de {this} solo lo ven su grupo y quien esté a cargo.",
            "Only the group and the person in charge can see what is in {this}.";
        TicketCreated = "{Word} {0} cread{o}", "{Word} {0} created";

        // Approvals.
        NoApprovals = "Nada espera su decisión", "Nothing is waiting for your decision";
        NoApprovalsHelp = "Cuando le pidan aprobar una solicitud, aparecerá aquí y le llegará un correo.", "When you are asked to approve a request, it will appear here and you will get an email.";
        NotAsked = "{0} no espera ninguna decisión suya.", "{0} is not waiting for any decision of yours.";
        AsRole = "Decide como", "Decides as";
        AskedAt = "Solicitada", "Requested";
        Decide = "Decidir", "Decide";
        DecideFor = "Decidir {0}", "Decide {0}";

        // Approvers.
        ApproversLead = "Quiénes deciden en cada rol de esta mesa. Los suplentes también pueden decidir: se les avisa con el recordatorio, o desde el principio si no lo hay o nadie más puede.", "Who decides in each of this desk's roles. Deputies can decide too: they hear of it with the reminder, or from the start where there is none or nobody else can.";
        NoRoles = "Esta mesa no pide aprobaciones", "This desk does not ask for approvals";
        NoRolesHelp = "Su configuración no define roles de aprobación.", "Its configuration defines no approver roles.";
        NoHolders = "Nadie tiene este rol: nadie podrá decidir.", "Nobody holds this role: nobody will be able to decide.";
        GroupDecides = "Deciden los agentes de este grupo. Puede agregar a otras personas.", "The agents of this group decide. You can add other people.";
        Deputy = "Suplente", "Deputy";
        DeputyOf = "{0} es suplente", "{0} is a deputy";
        AddHolder = "Agregar persona", "Add a person";
        RemoveHolder = "Quitar a {0}", "Remove {0}";
        KeepHolders = "Guardar este rol", "Save this role";
        HoldersKept = "Aprobadores guardados", "Approvers saved";
        HoldersTaken = "Alguien cambió los aprobadores mientras tanto. Lo que escribió se conserva; si lo guarda, reemplaza lo que hay ahora: {0}.", "Someone changed the approvers meanwhile. What you entered is kept; saving it replaces what is there now: {0}.";
        NobodyNow = "nadie", "nobody";
        UseSaved = "Usar lo guardado", "Use what is saved";
        DeputySuffix = "{0} (suplente)", "{0} (deputy)";
        OnlyAdministration = "Solo quien administra la mesa nombra aprobadores", "Only the desk's administration appoints approvers";
        OnlyAdministrationHelp = "Si hace falta un cambio, pídaselo.", "If a change is needed, ask them.";
        ApproverChanges = "Cambios", "Changes";
        NoChangesYet = "Todavía no hay cambios.", "No changes yet.";
        ChangedFromTo = "{0}: de {1} a {2}", "{0}: from {1} to {2}";
        NotTracedYet = "Esta lista es anterior al registro de cambios: guárdela para que conste quién la confirma.", "This list is older than the record of changes: save it so that it says who confirms it.";
        HolderShutOut = "Sin acceso al portal: por ahora no decide.", "Without access to the portal: decides nothing for now.";
        NotSavedYet = "Hay cambios sin guardar.", "There are unsaved changes.";

        // People.
        SearchPeople = "Buscar personas", "Search people";
        RegisterPerson = "Registrar persona", "Register a person";
        Register = "Registrar", "Register";
        PersonRegistered = "Persona registrada", "Person registered";
        PersonSaved = "Cambios guardados", "Changes saved";
        FullName = "Nombre completo", "Full name";
        EntityHint = "Si no existe, se crea.", "Created if it does not exist.";
        MailLanguage = "Idioma de los correos", "Email language";
        Spanish = "Español", "Spanish";
        English = "Inglés", "English";
        MayUseDesk = "Puede usar la mesa", "Can use the desk";
        MayUseDeskHint = "Si lo desactiva, se cierran las sesiones de la persona y no podrá crear {words}.",
            "Turning this off ends the person's sessions and prevents new {words}.";
        Active = "Activa", "Active";
        Inactive = "Inactiva", "Inactive";
        OpenTickets = "{Words} abiert{o}s", "Open {words}";
        NobodyHere = "Nadie coincide", "Nobody matches";
        NobodyHereHelp = "Cambie la búsqueda o registre a la persona.", "Change the search, or register the person.";

        // Access requests.
        Pending = "Pendientes", "Pending";
        Approved = "Aprobadas", "Approved";
        Refused = "Rechazadas", "Refused";
        Reference = "Referencia", "Reference";
        Received = "Recibida", "Received";
        Decided = "Decidida", "Decided";
        DecidedBy = "Decidió", "Decided by";
        AlreadyRegistered = "Correo ya registrado", "Address already registered";
        AlreadyRegisteredHelp = "Esta dirección ya pertenece a una persona de la mesa. Compare los datos antes de decidir.",
            "This address already belongs to someone at the desk. Compare the details before deciding.";
        OthersWaiting = "Otra solicitud con este correo", "Another request with this address";
        OthersWaitingHelp = "El correo no está comprobado y hay más de una solicitud con él. Antes de decidir, compare los datos y llame a un número ya conocido.",
            "The address is not verified and more than one request uses it. Before deciding, compare the details and call back on a known number.";
        NoRequests = "No hay solicitudes aquí", "No requests here";
        NoRequestsHelp = "Las nuevas aparecerán en Pendientes.", "New ones will appear under Pending.";
        RequestOf = "Solicitud {0}", "Request {0}";
        ApproveHelp = "Corrija los datos si hace falta. Al aprobar, la persona queda registrada y se le avisa por correo.",
            "Correct the details if needed. Approving registers the person and tells them by email.";
        RefuseHelp = "Se le avisará a {0} por correo, con este motivo.", "{0} will be told by email, with this reason.";
        RefusalHint = "La persona lo leerá: escríbalo de forma clara y respetuosa.", "The person will read it: keep it clear and respectful.";
        WriteReason = "Escriba el motivo.", "Enter the reason.";
        Approve = "Aprobar", "Approve";
        Refuse = "Rechazar", "Refuse";
        RefuseDots = "Rechazar…", "Refuse…";
        AccessApproved = "Solicitud aprobada: la persona quedó registrada", "Request approved: the person is registered";
        AccessRefused = "Solicitud rechazada", "Request refused";

        // Vouching.
        VouchingLead = "Para quien llama porque no puede ver su correo: busque su borrador, valide su identidad y léale un código nuevo.",
            "For callers who cannot read their email: find their draft, verify who they are and read them a new code.";
        DraftReference = "Referencia que dicta la persona", "Reference that the caller reads out";
        DraftReferenceHint = "Aparece en la ventana donde se pide el código.", "It is shown in the window that asks for the code.";
        WriteReference = "Escriba la referencia.", "Enter the reference.";
        FindDraft = "Buscar", "Find";
        Searching = "Buscando…", "Searching…";
        DraftNotFound = "No hay un borrador con esa referencia", "There is no draft with this reference";
        DraftNotFoundHelp = "Pida que la repitan. Si el borrador venció, la persona debe enviar el formulario de nuevo.",
            "Ask the caller to repeat it. If the draft has expired, the form must be sent again.";
        SentAt = "Enviado", "Sent";
        DraftExpires = "El borrador vence en", "The draft expires in";
        DraftExpired = "El borrador venció.", "The draft has expired.";
        Checklist = "Verifique con la persona", "Verify with the caller";
        VerifyAll = "Verifique y marque los puntos obligatorios.", "Verify and tick the required points.";
        RequiredPoint = "Obligatorio", "Required";
        OptionalPoint = "Opcional", "Optional";
        VouchNote = "Cómo se validó la identidad", "How the identity was verified";
        VouchNoteHint = "Qué confirmó la persona. Queda en la historia con el nombre de quien valida y la hora.",
            "What the caller confirmed. It stays in the history with your name and the time.";
        WriteVouchNote = "Escriba cómo validó la identidad.", "Enter how you verified the identity.";
        VouchWarning = "Antes de seguir", "Before you go on";
        VouchWarningHelp = "El código solo completa ese borrador, en el navegador de quien llama; no abre nada más. Se avisará al correo registrado.",
            "The code only completes that draft, in the caller's own browser; it opens nothing else. The registered address is notified.";
        ValidateIdentity = "Validar identidad", "Verify identity";
        ReadThisCode = "Lea este código a la persona", "Read this code to the caller";
        CodeExpires = "El código vence en", "The code expires in";
        CodeExpired = "El código venció.", "The code has expired.";
        CodeShownOnce = "El código se muestra solo esta vez", "The code is shown only once";
        AnotherCall = "Atender otra llamada", "Take another call";
    }
}

crate::messages! {
    /// Words of the windows.
    pub enum WindowWords {
        // Frame, sign-in, rail.
        Theme = "Apariencia", "Appearance";
        Language = "Idioma", "Language";
        Density = "Densidad de las listas", "List density";
        Compact = "Compacta", "Compact";
        Comfortable = "Cómoda", "Comfortable";

        // Shortcuts.
        ShortcutsOn = "Usar atajos de una tecla", "Use single-key shortcuts";
        ShortcutsAreOff = "Los atajos están desactivados.", "Shortcuts are off.";
        KeyNext = "{Word} siguiente", "Next {word}";
        KeyPrevious = "{Word} anterior", "Previous {word}";
        KeyOpen = "Abrir {the}", "Open {the}";
        KeyBack = "Volver a la lista", "Back to the list";
        KeySearch = "Buscar {words}", "Search {words}";
        KeyTake = "Tomar {the}", "Take {the}";
        KeyReply = "Escribir una respuesta pública", "Write a public reply";
        KeyNote = "Escribir una nota interna", "Write an internal note";
        KeySend = "Enviar lo escrito", "Send what was written";
        KeyHelp = "Ver esta lista", "Show this list";

        // Clocks.
        WhyTitle = "Cómo se midió el tiempo", "How the time was measured";
        CalendarVersion = "Calendario, versión {0}.", "Calendar, version {0}.";
        From = "Desde", "From";
        Until = "Hasta", "Until";
        WhatItWas = "Qué pasó", "What happened";
        Counted = "Contado", "Counted";
        Total = "Total contado", "Total counted";
        SegmentRan = "Tiempo hábil", "Business time";
        SegmentPaused = "En pausa", "Paused";
        SegmentOffHours = "Fuera de horario", "Outside hours";
        SegmentHoliday = "Festivo", "Public holiday";
        SegmentException = "Excepción del calendario", "Calendar exception";
        SegmentAfterCutoff = "Después de la hora de corte", "After the intake cut-off";
        SegmentSolved = "Solucionado, en espera", "Solved, waiting";

        // Actions.
        AgentOptional = "Si no elige a nadie, queda en la cola del grupo.", "If you choose no one, it stays in the group's queue.";
        AgentWithLoad = "{0} ({1} abiert{o}s)", "{0} ({1} open)";
        AgentWithOne = "{0} (1 abiert{o})", "{0} (1 open)";
        ChooseSomebody = "Elija un agente u otro grupo.", "Choose an agent or another group.";
        ToWhichLevel = "¿A qué nivel?", "To which level?";
        ChooseWhere = "Elija un grupo o una persona.", "Choose a group or a person.";
        LevelFollows = "El que corresponda", "Whichever applies";
        LevelFollowsHelp = "El nivel del grupo o de la persona que elija.", "The level of the group or person you choose.";
        GroupFollows = "Si no lo elige, va al grupo de la persona o al que la mesa tiene previsto.", "If you choose none, it goes to the person's group or to the one the desk has planned.";
        Up = "Sube de nivel", "To a higher level";
        BackDown = "Vuelve a este nivel", "Back to this level";
        SameLevel = "El mismo nivel, otro grupo", "The same level, another group";
        WriteJustification = "Escriba la justificación.", "Enter the justification.";
        WriteDiagnosis = "Escriba el diagnóstico.", "Enter the diagnosis.";
        WriteGrounds = "Escriba el motivo.", "Enter the reason.";
        ChooseLevel = "Elija el nivel.", "Choose the level.";
        ChooseGroup = "Elija el grupo.", "Choose the group.";
        Justification = "Justificación", "Justification";
        DiagnosisHint = "Qué se revisó y qué se encontró.", "What was checked and what was found.";
        PriorityChanged = "{Word} cambiad{o}", "{Word} changed";
        NewPriority = "Nuev{o} {word}", "New {word}";
        SamePriority = "Elija un valor distinto del actual.", "Choose a value other than the current one.";
        ReasonHint = "Queda en la historia.", "It stays in the history.";
        ChooseReason = "Elija el motivo.", "Choose the reason.";
        SolutionMailed = "Al guardar, la solución se enviará a {0} y {the} quedará a la espera de su respuesta.",
            "Once saved, the solution is sent to {0} and {the} waits for their answer.";
        SolutionHint = "Qué se hizo, en palabras que el solicitante entienda.", "What was done, in words the requester will understand.";
        WriteSolution = "Escriba la solución.", "Enter the solution.";
        AgentsNotLoaded = "No se pudo cargar la lista de agentes", "The list of agents could not be loaded";
        Retry = "Reintentar", "Try again";
    }
}

crate::messages! {
    /// Words of choosing a category, a priority by matrix, and the extra data of a form.
    pub enum TreeWords {
        Hint = "Escriba parte del nombre, con o sin tildes, o recorra el catálogo.", "Type part of the name, with or without accents, or browse the catalogue.";
        Placeholder = "Buscar en el catálogo", "Search the catalogue";
        NoneFound = "No hay {words} que coincidan.", "No {words} match.";
        Found = "{Words} encontrad{o}s: {0}", "{Words} found: {0}";
        GivesPriority = "{Word} que resulta:", "Resulting {word}:";
        FormData = "Datos de la solicitud", "Request details";
        FieldMissing = "Este dato es obligatorio.", "This is required.";
        Unreadable = "Esto no se entiende. Corríjalo o bórrelo.", "This cannot be read. Correct it or clear it.";
        Yes = "Sí", "Yes";
        No = "No", "No";
    }
}

crate::messages! {
    /// Words of the windows of a ticket's process.
    pub enum StepWords {
        Close = "Cerrar", "Close";
        Cancel = "Cancelar", "Cancel";
        Save = "Guardar", "Save";
        Done = "Cambio guardado", "Change saved";
        Assigned = "{Word} asignad{o}", "{Word} assigned";
        Escalated = "{Word} escalad{o}", "{Word} escalated";
        HandedOver = "{Word} entregad{o}", "{Word} handed over";
        Solved = "Solución enviada", "Solution sent";
        ApprovalAsked = "Aprobación solicitada", "Approval asked for";
        NewState = "Pasa a", "Moves to";
        RequesterReads = "El solicitante lee este texto: escríbalo de forma clara y respetuosa.", "The requester will read this text: keep it clear and respectful.";
        StaysInHistory = "Queda en la historia.", "It stays in the history.";
        NextContactHint = "{The} aparecerá ese día en «Para contactar hoy».", "{The} will appear that day under “Contact today”.";
        DayPattern = "dd/mm/aa", "dd/mm/yy";
        DayInNote = "Elija el día que dice el texto, o quítelo de él.", "Choose the day the text mentions, or remove it from the text.";
        ChooseDay = "Elija el día.", "Choose the day.";
        Evidence = "Evidencia", "Evidence";
        FilesOptional = "Archivos (opcional)", "Files (optional)";
        AttachEvidence = "Adjunte el archivo que lo prueba.", "Attach the file that proves it.";
        Diagnosis = "Diagnóstico", "Diagnosis";
        Solution = "Solución", "Solution";
        Description = "Descripción", "Description";
        DescriptionHint = "Por qué termina así, en palabras claras.", "Why it ends this way, in plain words.";
        Note = "Nota", "Note";
        WriteReason = "Escriba el motivo.", "Enter the reason.";
        WriteDescription = "Escriba la descripción.", "Enter the description.";
        WriteNote = "Escriba la nota.", "Enter the note.";
        WriteVendor = "Escriba el nombre del proveedor.", "Enter the vendor's name.";
        ChooseAgent = "Elija la persona.", "Choose the person.";
        ChooseCategory = "Elija {the}.", "Choose {the}.";
        ChooseImpact = "Elija el impacto.", "Choose the impact.";
        ChooseUrgency = "Elija la urgencia.", "Choose the urgency.";
        SameMatrix = "Elija un impacto o una urgencia distintos de los actuales.", "Choose an impact or an urgency other than the current ones.";
        OpenChild = "Sigue abiert{o} {0}, que depende de {this}.", "{0}, a child of {this}, is still open.";
        OpenChildren = "Siguen abiert{o}s {0}, que dependen de {this}.", "{0}, children of {this}, are still open.";
        DespiteChild = "Continuar aunque siga abiert{o}", "Go on although it is open";
        DespiteChildren = "Continuar aunque sigan abiert{o}s", "Go on although they are open";
        ConfirmChild = "Confirme que quiere continuar aunque siga abiert{o}.", "Confirm that you want to go on although it is open.";
        ConfirmChildren = "Confirme que quiere continuar aunque sigan abiert{o}s.", "Confirm that you want to go on although they are open.";

        // What a command waits for.
        NotYet = "Todavía no se puede", "Not possible yet";
        OneAttemptMissing = "Falta 1 intento de contacto con el solicitante.", "1 more attempt to reach the requester is needed.";
        AttemptsMissing = "Faltan {0} intentos de contacto con el solicitante.", "{0} more attempts to reach the requester are needed.";
        AttemptsMoreDays = "Los intentos de contacto deben ser en {0} días hábiles distintos.", "The attempts must fall on {0} different business days.";
        ToContact = "Ver los intentos", "See the attempts";
        ApprovalMissing = "Falta la aprobación que pide {the}.", "The approval {this} requires is missing.";
        ToApprovals = "Ver las aprobaciones", "See the approvals";
        AnswerFirst = "Responda antes de seguir:", "Answer this first:";
        AnswerStops = "Con esta respuesta todavía no se puede.", "Not possible with this answer.";
        AttemptFirst = "Primero intente contactar al solicitante y registre el intento.", "First try to reach the requester and record the attempt.";
        ToAttempt = "Registrar el intento", "Record the attempt";
        CauseMissing = "Falta registrar la causa.", "The cause has not been recorded.";
        ToCause = "Registrar la causa", "Record the cause";
        ToExtra = "Completar los datos", "Complete the details";
        PresentEvidence = "¿Cuál de los archivos lo prueba?", "Which of the files proves it?";
        OtherEvidence = "O adjunte otro", "Or attach another";
        ToControls = "Responder", "Answer";
        CategoryMissing = "Falta {a} del último nivel.", "It needs {a} from the last level.";
        ToCategory = "Cambiar {the}", "Change {the}";
        PriorityMissing = "Falta elegir {the}.", "The {word} has not been chosen.";
        ToPriority = "Elegir {the}", "Choose {the}";
        NobodyInCharge = "Nadie está a cargo {of_the}.", "Nobody is in charge {of_the}.";
        ToAssign = "Asignar", "Assign";
        ExtraMissing = "Faltan datos obligatorios {of_the}.", "Details required by {the} are missing.";
        SurveyMissing = "El solicitante todavía no responde la encuesta.", "The requester has not answered the survey yet.";
        AcceptanceMissing = "El solicitante todavía no acepta la solución.", "The requester has not accepted the solution yet.";
        OwnRating = "Quien solucionó no puede calificar.", "The person who solved it cannot rate it.";

        // Details.
        NoForm = "{This} no pide datos adicionales.", "{This} asks for no extra details.";
        Cause = "Causa", "Cause";
        CauseHint = "Qué originó el problema, según lo que se encontró.", "What caused the problem, according to what was found.";
        WriteCause = "Escriba la causa.", "Enter the cause.";

        // Category.
        PresentPerson = "Ahora", "Now";
        PresentCategory = "{Word} actual", "Current {word}";
        NewCategory = "Nuev{o} {word}", "New {word}";
        SameCategory = "Elija otr{o} {word}.", "Choose another {word}.";
        CategoryChanged = "{Word} cambiad{o}", "{Word} changed";

        // Decision.
        AsWhich = "Decide como", "You decide as";
        YourDecision = "¿Qué decide?", "What do you decide?";
        Approve = "Aprobar", "Approve";
        ApproveHelp = "Da el visto bueno para que se atienda.", "Gives the go-ahead for the work.";
        Refuse = "Negar", "Refuse";
        RefuseHelp = "No se atiende; el solicitante conocerá la razón.", "The work is not done; the requester is told why.";
        ChooseDecision = "Elija si aprueba o niega.", "Choose whether you approve or refuse.";
        Comment = "Comentario", "Comment";
        CommentHint = "Obligatorio al negar. Queda en la historia.", "Required when refusing. It stays in the history.";
        WriteWhyRefused = "Escriba por qué la niega.", "Enter why you refuse it.";
        SendDecision = "Enviar decisión", "Send decision";
        DecisionKept = "Decisión guardada", "Decision saved";

        // Contact.
        ByWhichWay = "Medio", "Channel";
        DoesNotCount = "{0} (no cuenta para el mínimo)", "{0} (does not count)";
        WhatCameOfIt = "¿Qué resultado tuvo?", "What was the result?";
        ReachedHelp = "La serie de intentos termina.", "The series of attempts ends.";
        NoAnswerHelp = "No contestó o queda pendiente la respuesta.", "No answer, or one is still pending.";
        WrongContactHelp = "El número o la dirección no sirven.", "The number or address does not work.";
        ChooseResult = "Elija el resultado.", "Choose the result.";
        AttemptKept = "Intento registrado", "Attempt recorded";
        FollowUp = "Correo de seguimiento", "Follow-up email";
        FollowUpFirst = "Primer correo: solicita la información", "First email: asks for the information";
        FollowUpSecond = "Segundo correo: recordatorio", "Second email: reminder";
        FollowUpClosing = "Tercer correo: aviso de cierre", "Third email: closing notice";
        FollowUpFrom = "Se puede enviar desde el {0}: como máximo uno por día hábil.", "It can be sent from {0}: at most one per business day.";
        FollowUpNotNow = "No se puede enviar ahora.", "It cannot be sent now.";
        AllFollowUpsSent = "Los tres correos de la serie ya se enviaron.", "All three emails in the series have been sent.";
        MailText = "Texto del correo", "Email text";
        WriteText = "Escriba el texto.", "Enter the text.";
        SendMail = "Enviar correo", "Send email";
        FollowUpSent = "Correo enviado y registrado como intento", "Email sent and recorded as an attempt";

        // Relations.
        WhichRelation = "¿Qué serán l{o}s otr{o}s {words}?", "What will the other {words} be?";
        AsChildren = "Hijos de {this}", "Children of {this}";
        AsChildrenHelp = "Puede elegir varios.", "You can choose several.";
        AsParent = "Padre de {this}", "Parent of {this}";
        AsParentHelp = "Solo uno.", "Just one.";
        WhichType = "¿De qué tipo es lo que va a relacionar?", "Of which type is what you want to relate?";
        ChooseType = "Elija el tipo.", "Choose the type.";
        FindTickets = "Buscar {words}", "Find {words}";
        FindTicketsHint = "Por código, asunto, solicitante o entidad.", "By code, subject, requester or entity.";
        TicketsFound = "{Words} encontrad{o}s: {0}", "{Words} found: {0}";
        TakeOut = "Quitar {0}", "Take out {0}";
        ChooseTickets = "Elija al menos {a}.", "Choose at least one {word}.";
        RelationHelp = "La relación se ve en amb{o}s {words} y se puede quitar desde {0}.", "The relation shows in both {words} and can be removed from {0}.";
        Relate = "Relacionar", "Relate";
        Related = "Relación creada", "Relation created";
        MergeHelp = "{0} se cierra y su código abre {the} que usted elija. Se puede deshacer.", "{0} closes, and its code opens the one you choose. This can be undone.";
        ChooseStaying = "Elija {the} que queda.", "Choose the {word} that stays.";
        Merge = "Unir", "Merge";
        Merged = "{Word} unid{o}", "{Word} merged";
    }
}

crate::messages! {
    /// Words of the panel beside a ticket that come when it is opened.
    pub enum PanelWords {
        Contact = "Contacto con el solicitante", "Contact with the requester";
        Chat = "Chat", "Chat";
        Phone = "Teléfono", "Phone";
        Mail = "Correo", "Email";
        InPerson = "Presencial", "In person";
        Reached = "Contactado", "Reached";
        NoAnswer = "Sin respuesta", "No answer";
        WrongContact = "Dato equivocado", "Wrong number or address";
        NotCounted = "no cuenta", "does not count";
        AttemptsOf = "{0} de {1} intentos", "{0} of {1} attempts";
        OnDays = "En {0} días hábiles distintos.", "On {0} different business days.";
        SeriesComplete = "Completa", "Complete";
        NoAttempts = "Todavía no hay intentos.", "No attempts yet.";
        NextOn = "Próximo contacto: {0}", "Next contact: {0}";
        RecordAttempt = "Registrar intento", "Record attempt";
        FollowUp = "Correo de seguimiento", "Follow-up email";
        Controls = "Preguntas de control", "Control questions";
        Yes = "Sí", "Yes";
        No = "No", "No";
        Due = "Falta", "Unanswered";
        AnswerKept = "Respuesta guardada", "Answer saved";
        Approvals = "Aprobaciones", "Approvals";
        Approved = "Aprobada", "Approved";
        Refused = "Negada", "Refused";
        Pending = "Pendiente", "Pending";
        NobodyHolds = "Nadie tiene este rol todavía", "Nobody holds this role yet";
        GroupHolds = "Deciden los agentes de este grupo", "The agents of this group decide";
        StepNumber = "Paso {0}", "Step {0}";
        AskedNow = "· se consulta ahora", "· being asked now";
        NotAsked = "Todavía no se pide.", "Not asked for yet.";
        NotAskedEvidence = "Todavía no se pide: primero adjunte el visto bueno del jefe.", "Not asked for yet: the manager's approval must be attached first.";
        EvidenceGiven = "Evidencia", "Evidence";
        Ask = "Pedir aprobación", "Ask for approval";
        Decide = "Decidir", "Decide";
        Relations = "{Words} relacionad{o}s", "Related {words}";
        NoRelations = "No hay {words} relacionad{o}s.", "No related {words}.";
        MergedInto = "Continúa en", "Continues in";
        Parent = "Padre", "Parent";
        Children = "Hijos", "Children";
        Duplicates = "Duplicados unidos", "Merged duplicates";
        RemoveRelation = "Quitar la relación con {0}", "Remove the relation with {0}";
        RelationRemoved = "Relación quitada", "Relation removed";
        CreateRelation = "Crear relación", "Create a relation";
        MergeDuplicate = "Unir duplicado", "Merge duplicate";
    }
}

/// What is said of files that keep a form from being sent.
pub fn files_fault(why: Unfinished) -> Words {
    match why {
        Unfinished::Sending => Words::FilesStillSending,
        Unfinished::Failed => Words::FilesNotArrived,
    }
}
