namespace Ncn.Inference.Batching;

/// <summary>What an engine is doing, and has done since it was loaded.</summary>
/// <param name="Slots">Sequences that fit into memory.</param>
/// <param name="ActiveRows">Requests that have a slot.</param>
/// <param name="Waiting">Requests without one.</param>
/// <param name="KvTokensUsed">Tokens whose keys and values are in memory, kept beginnings of prompts included.</param>
/// <param name="KvTokensTotal">Tokens that fit.</param>
/// <param name="PrefixTokensReused">Prompt tokens that were taken from another request instead of being computed.</param>
/// <param name="PromptTokens">Prompt tokens that were computed.</param>
/// <param name="Steps">Decoding steps.</param>
/// <param name="Tokens">Tokens decoded, replayed ones included.</param>
/// <param name="Preemptions">Requests that lost their slot to a more urgent one.</param>
/// <param name="Failures">Runs of the model that failed.</param>
public readonly record struct EngineStatistics(
    int Slots, int ActiveRows, int Waiting, long KvTokensUsed, long KvTokensTotal, long PrefixTokensReused, long PromptTokens,
    long Steps, long Tokens, long Preemptions, long Failures)
{
    /// <summary>Slots that nobody has.</summary>
    public int FreeSlots => Slots - ActiveRows;
}
