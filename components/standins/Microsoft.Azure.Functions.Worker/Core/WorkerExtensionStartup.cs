namespace Microsoft.Azure.Functions.Worker.Core;

/// <summary>How an extension assembly hooks itself into the worker without a call from the application.</summary>
public abstract class WorkerExtensionStartup
{
    public abstract void Configure(IFunctionsWorkerApplicationBuilder applicationBuilder);
}

[AttributeUsage(AttributeTargets.Assembly)]
public class WorkerExtensionStartupAttribute(Type startupType) : Attribute
{
    public Type StartupType { get; } = startupType;
}
