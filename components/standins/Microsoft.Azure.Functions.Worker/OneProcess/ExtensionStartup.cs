using System.Reflection;
using Microsoft.Azure.Functions.Worker.Core;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>Runs the start-up class of each extension assembly whose trigger is used.</summary>
internal static class ExtensionStartup
{
    public static void Run(IReadOnlyList<FunctionDescriptor> functions, IFunctionsWorkerApplicationBuilder builder)
    {
        foreach (var assembly in functions.Select(function => function.Trigger.GetType().Assembly).Distinct())
        {
            if (assembly.GetCustomAttribute<WorkerExtensionStartupAttribute>() is { } startup)
            {
                ((WorkerExtensionStartup)Activator.CreateInstance(startup.StartupType, nonPublic: true)!).Configure(builder);
            }
        }
    }
}
