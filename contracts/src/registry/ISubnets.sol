// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Subnets, their owners and their parameters
/// @notice Anyone may create a subnet. Its owner sets its parameters, which take effect after
/// PARAMETER_DELAY, and can move nobody's stake. Amounts are atomic units of the subnet's stake token;
/// times are seconds.
interface ISubnets {
    /// @notice What an operator does in a subnet. Stake is held per role, one never stands for another.
    enum Role {
        Gateway,
        Node,
        Validator
    }

    /// @notice What the owner of a subnet decides.
    /// @param minGatewayStake Stake from which a gateway counts as active.
    /// @param minNodeStake Stake from which a compute node counts as active.
    /// @param minValidatorStake Stake from which a validator counts as active.
    /// @param unbondingDelay Seconds from unbond to withdraw, within MIN_ and MAX_UNBONDING_DELAY.
    /// @param epochLength Seconds between two snapshots, at least; within MIN_ and MAX_EPOCH_LENGTH.
    /// @param verificationFloor Share of the answers that validators re-check at least, in basis points,
    /// within MIN_ and MAX_VERIFICATION_FLOOR. The contract only publishes it.
    /// @param policy Keccak of the subnet's policy document; zero when it has none.
    struct SubnetParameters {
        uint128 minGatewayStake;
        uint128 minNodeStake;
        uint128 minValidatorStake;
        uint40 unbondingDelay;
        uint40 epochLength;
        uint16 verificationFloor;
        bytes32 policy;
    }

    /// @notice A subnet.
    /// @param owner Who may change it.
    /// @param pendingOwner Who may become owner by accepting; zero when nobody was named.
    /// @param stakeToken ERC-20 of all stake in this subnet; never changes.
    /// @param name 1 to 64 bytes, never changes, not unique.
    /// @param parameters What is in force now.
    struct Subnet {
        address owner;
        address pendingOwner;
        address stakeToken;
        string name;
        SubnetParameters parameters;
    }

    /// @notice A subnet came to be.
    event SubnetCreated(
        uint256 indexed subnetId,
        address indexed owner,
        address indexed stakeToken,
        string name,
        SubnetParameters parameters
    );
    /// @notice Its owner proposed parameters, which are in force from `effectiveAt` on unless cancelled
    /// or replaced before.
    event SubnetParametersProposed(uint256 indexed subnetId, SubnetParameters parameters, uint40 effectiveAt);
    /// @notice Its owner took the proposal back.
    event SubnetParametersCancelled(uint256 indexed subnetId);
    /// @notice Its owner named a new owner, who has not accepted yet.
    event SubnetOwnerNamed(uint256 indexed subnetId, address indexed pendingOwner);
    /// @notice The named owner accepted.
    event SubnetOwnerChanged(uint256 indexed subnetId, address indexed owner);

    /// @notice No subnet has this id.
    error UnknownSubnet(uint256 subnetId);
    /// @notice Only the subnet's owner may do this.
    error NotSubnetOwner(uint256 subnetId, address caller);
    /// @notice Only the owner named by transferSubnet may accept.
    error NotPendingOwner(uint256 subnetId, address caller);
    /// @notice The name has no bytes, or more than 64.
    error InvalidSubnetName(uint256 length);
    /// @notice The stake token has no code.
    error InvalidStakeToken(address token);
    /// @notice The delay is not within MIN_UNBONDING_DELAY and MAX_UNBONDING_DELAY.
    error UnbondingDelayOutOfRange(uint40 unbondingDelay);
    /// @notice The length is not within MIN_EPOCH_LENGTH and MAX_EPOCH_LENGTH.
    error EpochLengthOutOfRange(uint40 epochLength);
    /// @notice The share is not within MIN_VERIFICATION_FLOOR and MAX_VERIFICATION_FLOOR.
    error VerificationFloorOutOfRange(uint16 verificationFloor);
    /// @notice No proposed parameters wait to take effect.
    error NoParametersPending(uint256 subnetId);

    /// @notice Creates a subnet owned by the caller; its parameters are in force at once. Ids count from 1.
    function createSubnet(string calldata name, address stakeToken, SubnetParameters calldata parameters)
        external
        returns (uint256 subnetId);

    /// @notice Announces parameters that take effect PARAMETER_DELAY from now; replaces an earlier
    /// proposal that is not in force yet.
    function proposeSubnetParameters(uint256 subnetId, SubnetParameters calldata parameters) external;

    /// @notice Takes back a proposal that is not in force yet.
    function cancelSubnetParameters(uint256 subnetId) external;

    /// @notice Names the next owner, or with zero takes the naming back.
    function transferSubnet(uint256 subnetId, address newOwner) external;

    /// @notice Makes the caller owner, if transferSubnet named it.
    function acceptSubnet(uint256 subnetId) external;

    /// @notice How many subnets there are; the newest has this id.
    function subnetCount() external view returns (uint256);

    /// @notice A subnet with the parameters that are in force now, or UnknownSubnet.
    function getSubnet(uint256 subnetId) external view returns (Subnet memory);

    /// @notice The proposal that is not in force yet; all zero when there is none.
    function pendingSubnetParameters(uint256 subnetId)
        external
        view
        returns (SubnetParameters memory parameters, uint40 effectiveAt);

    /// @notice Seconds from a proposal to its effect.
    function PARAMETER_DELAY() external view returns (uint40);

    /// @notice Shortest unbonding delay of a subnet, seconds.
    function MIN_UNBONDING_DELAY() external view returns (uint40);

    /// @notice Longest unbonding delay of a subnet, seconds.
    function MAX_UNBONDING_DELAY() external view returns (uint40);

    /// @notice Shortest epoch length of a subnet, seconds.
    function MIN_EPOCH_LENGTH() external view returns (uint40);

    /// @notice Longest epoch length of a subnet, seconds.
    function MAX_EPOCH_LENGTH() external view returns (uint40);

    /// @notice Lowest verification floor, basis points.
    function MIN_VERIFICATION_FLOOR() external view returns (uint16);

    /// @notice Highest verification floor, basis points.
    function MAX_VERIFICATION_FLOOR() external view returns (uint16);
}
