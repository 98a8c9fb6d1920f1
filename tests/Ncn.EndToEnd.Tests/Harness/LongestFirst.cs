using Xunit.Abstractions;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Which network's tests begin first: those that take longest, so that they do not run alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [FragileNetwork.Name, PaidNetwork.Name, FreeNetwork.Name, Validators.ValidatedNetwork.Name, SeveralOperators.ThreeOperators.Name, StockNetwork.Name];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(static collection => Array.IndexOf(Longest, collection.DisplayName) is >= 0 and var place ? place : Longest.Length);
}
