namespace Ncn.Serving.OpenAi.Tools;

/// <summary>What a piece of a model's output turned out to be.</summary>
public abstract record ToolPart
{
    private ToolPart()
    {
    }

    /// <summary>Text for the reader.</summary>
    public sealed record Text(string Content) : ToolPart;

    /// <summary>A call begins.</summary>
    /// <param name="Index">From 0 in this answer.</param>
    public sealed record Call(int Index, string Name) : ToolPart;

    /// <summary>More of a call's arguments.</summary>
    public sealed record Arguments(int Index, string Delta) : ToolPart;
}
