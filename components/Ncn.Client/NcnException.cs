using System.Net;

namespace Ncn.Client;

/// <summary>A gateway refused a request, or answered something that cannot be read.</summary>
public sealed class NcnException : Exception
{
    public NcnException(HttpStatusCode status, string? code, string message)
        : base(message) => (Status, Code) = (status, code);

    public NcnException(string message)
        : base(message)
    {
    }

    public NcnException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public NcnException()
    {
    }

    /// <summary>The HTTP status; null when the answer could not be read.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>The machine-readable code, such as model_not_found.</summary>
    public string? Code { get; }
}
