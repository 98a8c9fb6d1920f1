namespace Ncn.Tests.Models;

/// <summary>One dimension of a shape: a fixed size, or a name for a size that the caller chooses.</summary>
public readonly record struct OnnxSize(long? Fixed, string? Name)
{
    public static implicit operator OnnxSize(int size) => new(size, null);

    public static implicit operator OnnxSize(long size) => new(size, null);

    public static implicit operator OnnxSize(string name) => new(null, name);
}
