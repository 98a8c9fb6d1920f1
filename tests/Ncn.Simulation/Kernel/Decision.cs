namespace Ncn.Simulation.Kernel;

/// <summary>Something that need not have happened: a request, a fault, a lie. A trace is shortened by leaving such things out.</summary>
/// <param name="Id">What caused it and which of that cause's draws it was: the same in every run in which it comes up.</param>
/// <param name="At">Milliseconds from the beginning.</param>
public sealed record Decision(ulong Id, ulong At, string Words);
