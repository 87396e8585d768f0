//! Regions: those that are seeded are served; those that the vendor has are refused as another endpoint's; the rest does not exist.

use super::Ask;
use crate::answer::Refusal;

/// Published region ids, enough to tell a wrong endpoint from a typing error.
const OF_THE_VENDOR: [&str; 29] = [
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-nanjing",
    "cn-fuzhou",
    "cn-wuhan-lr",
    "cn-zhengzhou-jva",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-hongkong",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "us-east-1",
    "us-west-1",
    "eu-west-1",
    "eu-central-1",
    "me-east-1",
    "me-central-1",
];

pub(super) fn check(ask: &Ask<'_>, region: &str) -> Result<(), Refusal> {
    if ask.world.regions.contains(region) {
        return Ok(());
    }
    if OF_THE_VENDOR.contains(&region) {
        return Err(Refusal::new(
            404,
            "InvalidOperation.NotSupportedEndpoint",
            "The specified endpoint cant operate this region. Please use API DescribeRegions to get the appropriate endpoint, or upgrade your SDK to latest version.",
        ));
    }
    Err(Refusal::new(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist."))
}

/// The region that a call must name.
pub(super) fn required<'a>(ask: &Ask<'a>) -> Result<&'a str, Refusal> {
    let parameters = ask.parameters;
    let region = parameters.required("RegionId")?;
    check(ask, region)?;
    Ok(region)
}
