namespace Ncn.Benchmarks;

/// <summary>A contender did not do the work, so there is nothing to compare.</summary>
internal sealed class BenchmarkFailedException(string message, Exception? inner = null) : Exception(message, inner);
