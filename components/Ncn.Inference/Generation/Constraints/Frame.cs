namespace Ncn.Inference.Generation.Constraints;

/// <summary>How far one value has been read.</summary>
/// <param name="Node">The schema node that the value is read for.</param>
/// <param name="Phase">Where within the value; each kind of node has its own phases, and 0 is always before the first byte.</param>
/// <param name="Count">Items, properties, characters or digits so far.</param>
/// <param name="Detail">What else the kind of node has to remember.</param>
internal readonly record struct Frame(int Node, byte Phase, int Count, long Detail);

/// <summary>Values within values: the innermost one on top. Never changed, shared by all that go on from it.</summary>
internal sealed class Nesting : IEquatable<Nesting>
{
    /// <summary>Nothing is left to read: the document is whole.</summary>
    public static readonly Nesting Whole = new(new Frame(-1, 0, 0, 0), null);

    private readonly int _hash;

    public Nesting(Frame top, Nesting? below)
    {
        Top = top;
        Below = below;
        Depth = below is null ? 0 : below.Depth + 1;
        _hash = HashCode.Combine(top, below?._hash ?? 0);
    }

    public Frame Top { get; }

    public Nesting? Below { get; }

    /// <summary>How many values this one lies in.</summary>
    public int Depth { get; }

    /// <summary>The same place with another top; itself when nothing changed.</summary>
    public Nesting With(Frame top) => top == Top ? this : new Nesting(top, Below);

    public bool Equals(Nesting? other)
    {
        Nesting? mine = this;
        while (!ReferenceEquals(mine, other))
        {
            if (mine is null || other is null || mine._hash != other._hash || mine.Top != other.Top || mine.Depth != other.Depth)
            {
                return false;
            }

            (mine, other) = (mine.Below, other.Below);
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Nesting);

    public override int GetHashCode() => _hash;
}
