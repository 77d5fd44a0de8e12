//! Words that several pages use.

crate::messages! {
    /// Shared words of the portal.
    pub(super) enum Words {
        Back = "Volver", "Back";
        Home = "Volver al inicio", "Back to the start page";
        Email = "Correo", "E-mail";
        MyTickets = "Ver mi lista de tickets", "See my list of tickets";
        CreateTicket = "Crear un ticket", "Create a ticket";
        RequestAccess = "Solicitar acceso", "Ask for access";
        SupportLine = "Línea de soporte", "Support line";
        Cancel = "Cancelar", "Cancel";
        Sending = "Enviando…", "Sending…";
        EmailEmpty = "Escriba su correo.", "Write your e-mail address.";
        Changed = "El ticket cambió mientras tanto. Ya ve la versión actual: revísela e intente de nuevo.",
            "The ticket changed meanwhile. You now see the present version: check it and try again.";
    }
}
