using System.Collections;

namespace Microsoft.Azure.Functions.Worker.OneProcess;

/// <summary>The context of one invocation; what few functions read is made on first use.</summary>
internal class InvocationContext(FunctionDescriptor function, FunctionBody body, IServiceProvider services, CancellationToken cancellationToken)
    : FunctionContext
{
    private string? invocationId;
    private IDictionary<object, object>? items;
    private InvocationFeatures? features;

    public override string InvocationId => invocationId ??= Guid.NewGuid().ToString();

    public override string FunctionId => function.Id;

    public override FunctionDefinition FunctionDefinition => function;

    public override IServiceProvider InstanceServices { get; set; } = services;

    public override IDictionary<object, object> Items
    {
        get => items ??= new Dictionary<object, object>();
        set => items = value;
    }

    public override IInvocationFeatures Features => features ??= new InvocationFeatures();

    public override CancellationToken CancellationToken { get; } = cancellationToken;

    public FunctionBody Body { get; } = body;

    public object? Result { get; set; }
}

internal sealed class InvocationFeatures : IInvocationFeatures
{
    private readonly Dictionary<Type, object> features = [];

    public void Set<T>(T instance) => features[typeof(T)] = instance!;

    public T? Get<T>() => features.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => features.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
