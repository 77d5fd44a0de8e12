//! Words that several pages use.

crate::messages! {
    /// Shared words of the portal.
    pub(super) enum Words {
        Back = "Volver", "Back";
        Home = "Volver al inicio", "Back to the start page";
        Email = "Correo", "Email";
        MyTickets = "Ver mi lista de {words}", "See my {words}";
        CreateTicket = "Crear {a}", "Create {a}";
        RequestAccess = "Solicitar acceso", "Request access";
        SupportLine = "Línea de soporte", "Support line";
        Cancel = "Cancelar", "Cancel";
        Sending = "Enviando…", "Sending…";
        EmailEmpty = "Escriba su correo.", "Enter your email address.";
        Changed = "{The} cambió mientras tanto. Ya ve la versión actual: revísela e intente de nuevo.",
            "{The} changed in the meantime. You are now seeing the current version: check it and try again.";
    }
}
