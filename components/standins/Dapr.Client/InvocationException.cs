namespace Dapr.Client;

/// <summary>Thrown when a call to another app fails; the app's answer, if any, is in <see cref="Response"/>.</summary>
public class InvocationException : DaprException
{
    /// <summary>Creates the exception for one call.</summary>
    public InvocationException(string appId, string methodName, Exception innerException, HttpResponseMessage? response)
        : base($"An exception occurred while invoking method: '{methodName}' on app-id: '{appId}'", innerException)
    {
        AppId = appId;
        MethodName = methodName;
        Response = response;
    }

    /// <summary>The app that was called.</summary>
    public string AppId { get; }

    /// <summary>The method that was called.</summary>
    public string MethodName { get; }

    /// <summary>The app's answer, or null when none came.</summary>
    public HttpResponseMessage? Response { get; }
}
