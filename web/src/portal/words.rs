//! Words that several pages use.

crate::messages! {
    /// Shared words of the portal.
    pub(super) enum Words {
        Back = "Volver", "Back";
        Home = "Volver al inicio", "Back to the start page";
        Email = "Correo", "E-mail";
        MyTickets = "Ver mi lista de {words}", "See my list of {words}";
        CreateTicket = "Crear {a}", "Create {a}";
        RequestAccess = "Solicitar acceso", "Ask for access";
        SupportLine = "Línea de soporte", "Support line";
        Cancel = "Cancelar", "Cancel";
        Sending = "Enviando…", "Sending…";
        EmailEmpty = "Escriba su correo.", "Write your e-mail address.";
        Changed = "{The} cambió mientras tanto. Ya ve la versión actual: revísela e intente de nuevo.",
            "{The} changed meanwhile. You now see the present version: check it and try again.";
    }
}
