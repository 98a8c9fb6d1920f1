namespace Ncn.Serving.Execution;

/// <summary>What the caller has got so far, over all attempts, and why the last one failed.</summary>
internal sealed class RunProgress
{
    public List<int> Tokens { get; } = [];

    public string? LastProblem { get; set; }

    public void Take(RunPart part)
    {
        if (part is RunPart.Text text)
        {
            Tokens.AddRange(text.TokenIds);
        }
    }
}
