//! The console's words, Spanish first: those of the first load, and those that come with the parts that need them.

crate::messages! {
    /// Words of the first load, and those that its pages share with others.
    pub enum Words {
        // Frame, sign-in, rail.
        Console = "Consola de agentes", "Agent console";
        Loading = "Cargando…", "Loading…";
        PartNotLoaded = "No se pudo cargar esta ventana. Revise su conexión e inténtelo de nuevo.",
            "This window could not be loaded. Check your connection and try again.";
        PageNotFound = "Esta página no existe", "This page does not exist";
        BackToQueue = "Ir a la cola de tickets", "Go to the ticket queue";
        SignInTitle = "Iniciar sesión", "Sign in";
        SignIn = "Iniciar sesión", "Sign in";
        SigningIn = "Iniciando sesión…", "Signing in…";
        SignInBlank = "Escriba su correo y su contraseña.", "Type your mail address and your password.";
        SignOut = "Cerrar sesión", "Sign out";
        Password = "Contraseña", "Password";
        ShowPassword = "Mostrar la contraseña", "Show the password";
        Views = "Vistas", "Views";
        Desk = "Mesa", "Desk";
        ChooseDesk = "Elegir mesa", "Choose desk";
        ViewMine = "Mis tickets", "My tickets";
        ViewGroup = "De mi grupo", "My group's";
        ViewAll = "Todos", "All";
        ViewUnassigned = "Sin asignar", "Unassigned";
        ViewDueSoon = "Por vencer", "Due soon";
        ViewDueContact = "Por contactar", "Due for contact";
        ViewSolved = "Solucionados", "Solved";
        ViewClosed = "Cerrados", "Closed";
        People = "Personas", "People";
        AccessRequests = "Solicitudes de acceso", "Access requests";
        Vouching = "Validar llamada", "Validate a call";
        MainNavigation = "Principal", "Main";
        Queue = "Cola", "Queue";
        New = "Nuevo", "New";
        Menu = "Menú", "Menu";
        OpenMenu = "Abrir el menú", "Open the menu";
        CloseMenu = "Cerrar el menú", "Close the menu";
        Preferences = "Preferencias", "Preferences";

        // Shortcuts.
        Shortcuts = "Atajos de teclado", "Keyboard shortcuts";

        // Queue.
        SearchTickets = "Buscar por código o asunto", "Search by code or subject";
        SearchShort = "Buscar", "Search";
        TicketList = "Lista de tickets", "List of tickets";
        NewTicket = "Nuevo ticket", "New ticket";
        NewTicketKey = "Nuevo ticket (C)", "New ticket (C)";
        Unassigned = "Sin asignar", "Unassigned";
        AwaitsReply = "El solicitante escribió. ", "The requester wrote. ";
        PrioritySpoken = "Prioridad {0}", "Priority {0}";
        OneNew = "1 nuevo", "1 new";
        ManyNew = "{0} nuevos", "{0} new";
        ListChanged = "La lista cambió: actualizar", "The list changed: update";
        NoTickets = "No hay tickets aquí", "No tickets here";
        NoTicketsHelp = "Cuando llegue uno a esta vista, aparecerá en la lista.", "When one comes to this view, it will show in the list.";
        NothingFound = "Ningún ticket coincide", "No ticket matches";
        NothingFoundHelp = "Cambie la búsqueda o quite los filtros.", "Change the search or clear the filters.";
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
        Priority = "Prioridad", "Priority";
        Requester = "Solicitante", "Requester";
        Assignee = "Asignado a", "Assignee";
        Level = "Nivel", "Level";
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
        NoTargetLong = "Sin tiempo comprometido.", "No committed time.";
        Paused = "En pausa", "Paused";
        Met = "A tiempo", "Met";
        Overdue = "Venció", "Overdue";
        OverdueBy = "hace {0}", "{0} ago";
        OverdueSpoken = "Venció", "Overdue";
        LeftSpoken = "Quedan", "Left";
        DueSpoken = "Vence", "Due";
        ClockDue = "{0}: vence {1}", "{0}: due {1}";
        Deadlines = "Plazos", "Targets";
        Why = "¿Por qué?", "Why?";
        TargetIs = "Compromiso: {0}", "Committed: {0}";
        UsedOf = "{0}: tiempo usado", "{0}: time used";
        PausedBy = "En pausa: {0}", "Paused: {0}";
        MetAt = "Se cumplió {0}", "Met {0}";
        MetLate = "Se cumplió tarde, {0}", "Met late, {0}";
        DueAt = "Vence {0}", "Due {0}";
        BreachedAt = "Venció {0}", "Was due {0}";

        // Ticket.
        TicketNotFound = "No encontramos este ticket", "This ticket was not found";
        TicketNotFoundHelp = "El código no existe o usted no tiene acceso a su mesa.", "The code does not exist, or you have no access to its desk.";
        TicketParts = "Partes del ticket", "Parts of the ticket";
        Conversation = "Conversación", "Conversation";
        Facts = "Datos del ticket", "Ticket data";
        BackToList = "Volver a la lista", "Back to the list";
        ShowPanel = "Mostrar los datos del ticket", "Show the ticket data";
        HidePanel = "Ocultar los datos del ticket", "Hide the ticket data";
        FilterTimeline = "Filtrar la conversación", "Filter the conversation";
        ShowAll = "Todo", "Everything";
        ShowReplies = "Mensajes públicos", "Public messages";
        ShowNotes = "Notas internas", "Internal notes";
        ShowChanges = "Cambios", "Changes";
        ShowMails = "Correos", "Mails";
        LoadOlder = "Ver anteriores", "Show earlier";
        NothingInTimeline = "No hay nada de este tipo.", "Nothing of this kind.";
        LatestReply = "Mensaje de {0}", "Message by {0}";
        LatestNote = "Nota interna de {0}", "Internal note by {0}";
        MailTo = "{0} a {1}", "{0} to {1}";
        MailPending = "Por enviar", "To be sent";
        MailSent = "Enviado", "Sent";
        MailFailed = "No se pudo enviar", "Could not be sent";
        Data = "Datos", "Data";
        Name = "Nombre", "Name";
        Entity = "Entidad", "Entity";
        Phone = "Teléfono", "Phone";
        Email = "Correo", "Mail";
        Identity = "Identidad", "Identity";
        ProvedByMail = "Código por correo", "Code by mail";
        ProvedByPhone = "Validada por teléfono", "Validated by phone";
        RecordedByAgent = "Registro de la mesa", "Recorded by the desk";
        OneOtherTicket = "Otro ticket abierto de esta persona", "One other open ticket of this person";
        OtherTickets = "Otros {0} tickets abiertos de esta persona", "{0} other open tickets of this person";
        Assignment = "Asignación", "Assignment";
        Agent = "Agente", "Agent";
        Type = "Tipo", "Type";
        Category = "Categoría", "Category";
        Channel = "Canal", "Channel";
        ChannelPortal = "Portal", "Portal";
        ChannelPhone = "Teléfono", "Phone";
        ChannelMail = "Correo", "Mail";
        ChannelChat = "Chat", "Chat";
        ChannelInPerson = "Presencial", "In person";
        ChannelApi = "API", "API";
        Reopened = "Reabierto", "Reopened";
        Times = "{0} veces", "{0} times";
        Files = "Archivos", "Files";
        Rating = "Calificación", "Rating";

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
        FilesStillSending = "Espere a que terminen de subir los archivos.", "Wait until the files have been sent.";
        ClosedForMessages = "Este ticket terminó y no admite más mensajes.", "This ticket has ended and takes no more messages.";

        // Actions.
        Actions = "Acciones", "Actions";
        NothingToDo = "No hay acciones disponibles para usted en este estado.", "There is nothing you can do in this state.";
        Take = "Tomar", "Take";
        Taken = "Ahora el ticket está a su cargo", "The ticket is now yours";
        Assign = "Asignar", "Assign";
        Escalate = "Escalar", "Escalate";
        ChangePriority = "Cambiar prioridad", "Change priority";
        ChoosePriority = "Elija la prioridad.", "Choose the priority.";
        Reason = "Motivo", "Reason";
        Change = "Cambiar", "Change";
        Solve = "Solucionar", "Solve";
        ChangedMeanwhile = "Alguien cambió estos datos mientras tanto. Ya están actualizados; revise y envíe de nuevo. Lo que escribió se conserva.",
            "Somebody changed this meanwhile. It is up to date now; check and send again. What you typed is kept.";
        PossibleNow = "Ahora puede: {0}.", "Possible now: {0}.";
        Cancel = "Cancelar", "Cancel";
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
        RequesterHint = "Busque por nombre, correo o entidad; escriba al menos tres letras.", "Search by name, mail address or entity; type at least three letters.";
        ChoosePerson = "Elija a la persona que pide el servicio.", "Choose the person who asks for the service.";
        PeopleFound = "{0} personas encontradas", "{0} people found";
        NobodyFound = "Ninguna persona registrada coincide.", "Nobody registered matches.";
        WriteSubject = "Escriba el asunto.", "Write the subject.";
        WriteDescription = "Escriba la descripción.", "Write the description.";
        WriteAddress = "Escriba el correo.", "Write the mail address.";
        WriteName = "Escriba el nombre completo.", "Write the full name.";
        WritePhone = "Escriba el teléfono.", "Write the phone number.";
        WriteEntity = "Escriba la entidad.", "Write the entity.";
        ChooseType = "Elija el tipo.", "Choose the type.";
        ChooseCategory = "Elija la categoría.", "Choose the category.";
        SubjectHint = "Una frase que resuma lo que pasa.", "One sentence that sums up what happens.";
        SubjectLimit = "El asunto admite hasta {0} caracteres. El solicitante recibirá por correo el código del ticket.",
            "The subject takes up to {0} characters. The requester receives the ticket's code by mail.";
        Description = "Descripción", "Description";
        DescriptionHint = "Lo que contó la persona: qué pasa, desde cuándo, a quiénes afecta.", "What the person told: what happens, since when, whom it affects.";
        CreateTicket = "Crear ticket", "Create ticket";
        TicketCreated = "Ticket {0} creado", "Ticket {0} created";

        // People.
        SearchPeople = "Buscar personas", "Search people";
        RegisterPerson = "Registrar persona", "Register a person";
        Register = "Registrar", "Register";
        PersonRegistered = "Persona registrada", "Person registered";
        PersonSaved = "Cambios guardados", "Changes saved";
        FullName = "Nombre completo", "Full name";
        EntityHint = "Si no existe, se crea.", "It is made if it does not exist.";
        MailLanguage = "Idioma de los correos", "Language of mails";
        Spanish = "Español", "Spanish";
        English = "Inglés", "English";
        MayUseDesk = "Puede usar la mesa", "May use the desk";
        MayUseDeskHint = "Al desactivarla se cierran sus sesiones y no podrá crear tickets.", "Deactivating ends the person's sessions; no new tickets can be made.";
        Active = "Activa", "Active";
        Inactive = "Inactiva", "Inactive";
        OpenTickets = "Tickets abiertos", "Open tickets";
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
            "This address already belongs to a person of the desk. Compare the data before deciding.";
        NoRequests = "No hay solicitudes aquí", "No requests here";
        NoRequestsHelp = "Las nuevas aparecerán en Pendientes.", "New ones will show under Pending.";
        RequestOf = "Solicitud {0}", "Request {0}";
        ApproveHelp = "Corrija los datos si hace falta. Al aprobar, la persona queda registrada y se le avisa por correo.",
            "Correct the data if needed. Approving registers the person and tells them by mail.";
        RefuseHelp = "Se le avisará a {0} por correo, con este motivo.", "{0} will be told by mail, with this reason.";
        RefusalHint = "Escríbalo para la persona: claro y respetuoso.", "Write it for the person: clear and respectful.";
        WriteReason = "Escriba el motivo.", "Write the reason.";
        Approve = "Aprobar", "Approve";
        Refuse = "Rechazar", "Refuse";
        RefuseDots = "Rechazar…", "Refuse…";
        AccessApproved = "Solicitud aprobada: la persona quedó registrada", "Request approved: the person is registered";
        AccessRefused = "Solicitud rechazada", "Request refused";

        // Vouching.
        VouchingLead = "Para quien llama porque no puede ver su correo: busque su borrador, valide su identidad y léale un código nuevo.",
            "For callers who cannot read their mail: find their draft, validate who they are and read out a fresh code.";
        DraftReference = "Referencia que dicta la persona", "Reference that the caller reads out";
        DraftReferenceHint = "Aparece en la ventana donde se pide el código.", "It is shown in the window that asks for the code.";
        WriteReference = "Escriba la referencia.", "Write the reference.";
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
        VouchNote = "Cómo se validó la identidad", "How identity was validated";
        VouchNoteHint = "Qué confirmó la persona. Queda en la historia del ticket con el nombre de quien valida y la hora.",
            "What the caller confirmed. It stays in the ticket's history with your name and the time.";
        WriteVouchNote = "Escriba cómo validó la identidad.", "Write how you validated the identity.";
        VouchWarning = "Antes de seguir", "Before you go on";
        VouchWarningHelp = "El código solo completa ese borrador, en el navegador de quien llama; no abre otros tickets. Se avisará al correo registrado.",
            "The code completes that draft only, in the caller's own browser; it opens no other ticket. The address on file is told.";
        ValidateIdentity = "Validar identidad", "Validate identity";
        ReadThisCode = "Lea este código a la persona", "Read this code to the caller";
        CodeExpires = "El código vence en", "The code expires in";
        CodeExpired = "El código venció.", "The code has expired.";
        CodeShownOnce = "El código se muestra solo esta vez", "The code is shown this once";
        AnotherCall = "Atender otra llamada", "Take another call";
    }
}

crate::messages! {
    /// Words of the windows.
    pub enum WindowWords {
        // Frame, sign-in, rail.
        Theme = "Apariencia", "Appearance";
        Language = "Idioma", "Language";
        Density = "Densidad de las listas", "Density of lists";
        Compact = "Compacta", "Compact";
        Comfortable = "Cómoda", "Comfortable";

        // Shortcuts.
        ShortcutsOn = "Usar atajos de una tecla", "Use single-key shortcuts";
        ShortcutsAreOff = "Los atajos están desactivados.", "Shortcuts are off.";
        KeyNext = "Ticket siguiente", "Next ticket";
        KeyPrevious = "Ticket anterior", "Previous ticket";
        KeyOpen = "Abrir el ticket", "Open the ticket";
        KeyBack = "Volver a la lista", "Back to the list";
        KeySearch = "Buscar tickets", "Search tickets";
        KeyTake = "Tomar el ticket", "Take the ticket";
        KeyReply = "Escribir una respuesta pública", "Write a public reply";
        KeyNote = "Escribir una nota interna", "Write an internal note";
        KeySend = "Enviar lo escrito", "Send what was written";
        KeyHelp = "Ver esta lista", "Show this list";

        // Clocks.
        WhyTitle = "Cómo se midió el tiempo", "How the time was measured";
        CalendarVersion = "Calendario, versión {0}.", "Calendar, version {0}.";
        From = "Desde", "From";
        Until = "Hasta", "Until";
        WhatItWas = "Qué fue", "What it was";
        Counted = "Cuenta", "Counted";
        Total = "Total contado", "Total counted";
        SegmentRan = "Tiempo hábil", "Business time";
        SegmentPaused = "En pausa", "Paused";
        SegmentOffHours = "Fuera de horario", "Outside hours";
        SegmentHoliday = "Festivo", "Public holiday";
        SegmentException = "Excepción del calendario", "Exception of the calendar";
        SegmentAfterCutoff = "Después de la hora de corte", "After the intake cut-off";
        SegmentSolved = "Solucionado, en espera", "Solved, waiting";

        // Actions.
        Assigned = "Ticket asignado", "Ticket assigned";
        AgentOptional = "Si no elige a nadie, queda en la cola del grupo.", "If you choose nobody, it stays in the group's queue.";
        AgentWithLoad = "{0} ({1} abiertos)", "{0} ({1} open)";
        ChooseSomebody = "Elija un agente u otro grupo.", "Choose an agent or another group.";
        Escalated = "Ticket escalado", "Ticket escalated";
        ToWhichLevel = "¿A qué nivel?", "To which level?";
        LevelNumber = "Nivel {0}", "Level {0}";
        Up = "Sube de nivel", "One level up or more";
        BackDown = "Vuelve a este nivel", "Back to this level";
        SameLevel = "El mismo nivel, otro grupo", "The same level, another group";
        WriteJustification = "Escriba la justificación.", "Write the justification.";
        WriteDiagnosis = "Escriba el diagnóstico.", "Write the diagnosis.";
        WriteGrounds = "Escriba el motivo.", "Write the reason.";
        ChooseLevel = "Elija el nivel.", "Choose the level.";
        ChooseGroup = "Elija el grupo.", "Choose the group.";
        Justification = "Justificación", "Justification";
        JustificationHint = "Por qué se escala. Queda en la historia del ticket.", "Why it is escalated. It stays in the ticket's history.";
        Diagnosis = "Diagnóstico", "Diagnosis";
        DiagnosisHint = "Qué se revisó y qué se encontró.", "What was checked and what was found.";
        PriorityChanged = "Prioridad cambiada", "Priority changed";
        NewPriority = "Nueva prioridad", "New priority";
        SamePriority = "Elija una prioridad distinta de la actual.", "Choose a priority other than the present one.";
        ReasonHint = "Queda en la historia del ticket.", "It stays in the ticket's history.";
        ChooseReason = "Elija el motivo.", "Choose the reason.";
        SolutionMailed = "Al guardar, la solución se enviará a {0} y el ticket quedará a la espera de su respuesta.",
            "Once saved, the solution is sent to {0} and the ticket waits for their answer.";
        SolutionText = "Solución", "Solution";
        SolutionHint = "Qué se hizo, en palabras que el solicitante entienda.", "What was done, in words that the requester understands.";
        WriteSolution = "Escriba la solución.", "Write the solution.";
        SolutionSent = "Solución enviada", "Solution sent";
    }
}
