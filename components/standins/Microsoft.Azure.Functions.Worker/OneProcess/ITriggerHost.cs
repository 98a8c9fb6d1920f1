using Microsoft.AspNetCore.Builder;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Runs the functions of one kind of trigger.</summary>
internal interface ITriggerHost
{
    /// <summary>The attribute type that this host serves.</summary>
    Type TriggerType { get; }

    /// <summary>Compiles the functions and makes them reachable; throws on a function that cannot be bound.</summary>
    void Attach(WebApplication app);
}

/// <summary>Every function of the application, and the pipeline that each invocation runs through.</summary>
internal sealed record FunctionSet(IReadOnlyList<FunctionDescriptor> All, FunctionExecutionDelegate Pipeline)
{
    public IEnumerable<FunctionDescriptor> TriggeredBy<TTrigger>() => All.Where(function => function.Trigger is TTrigger);
}

internal static class TriggerCoverage
{
    /// <exception cref="InvalidOperationException">A function has a trigger that nothing in this process runs.</exception>
    public static void Check(IReadOnlyList<FunctionDescriptor> functions, IReadOnlyList<ITriggerHost> hosts)
    {
        var orphan = functions.FirstOrDefault(function => !hosts.Any(host => host.TriggerType.IsInstanceOfType(function.Trigger)));
        if (orphan is not null)
        {
            throw FunctionDiscovery.Invalid(
                orphan.Name,
                $"has the trigger {orphan.Trigger.GetType().Name}, which nothing here runs; HTTP triggers need builder.ConfigureFunctionsWebApplication()");
        }
    }
}
