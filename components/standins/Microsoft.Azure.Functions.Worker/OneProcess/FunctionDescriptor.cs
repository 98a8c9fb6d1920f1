using System.Reflection;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>One [Function] method and its trigger parameter.</summary>
internal sealed class FunctionDescriptor(string name, MethodInfo method, ParameterInfo triggerParameter, TriggerBindingAttribute trigger)
    : FunctionDefinition
{
    public override string Id { get; } = name;

    public override string Name { get; } = name;

    public override string EntryPoint { get; } = $"{method.DeclaringType!.FullName}.{method.Name}";

    public override string PathToAssembly { get; } = method.DeclaringType!.Assembly.Location;

    public MethodInfo Method { get; } = method;

    public ParameterInfo TriggerParameter { get; } = triggerParameter;

    public TriggerBindingAttribute Trigger { get; } = trigger;
}
