namespace Dapr.Actors.Runtime;

/// <summary>A value that may be missing.</summary>
public struct ConditionalValue<TValue>
{
    /// <summary>Creates it.</summary>
    public ConditionalValue(bool hasValue, TValue value)
    {
        HasValue = hasValue;
        Value = value;
    }

    /// <summary>Whether there is a value.</summary>
    public bool HasValue { get; }

    /// <summary>The value, or the type's default.</summary>
    public TValue Value { get; }
}
