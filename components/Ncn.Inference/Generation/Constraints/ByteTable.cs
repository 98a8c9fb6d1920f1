namespace Ncn.Inference.Generation.Constraints;

/// <summary>A deterministic automaton over bytes in which every state can still reach an accepting one. State 0 is the start.</summary>
/// <param name="Next">For each state, the state after each of the 256 bytes, or -1.</param>
/// <param name="Accepts">For each state, whether the string may end there.</param>
internal sealed record ByteTable(IReadOnlyList<short[]> Next, IReadOnlyList<bool> Accepts);
