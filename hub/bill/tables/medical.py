"""Medical codes: 医保类型, the NHSA insutype that leads to it, and the fourteen charge categories.

The fiscal item code of a category is local (bills 1.5): a unit's table maps it; these rows are the national names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.bill.tables.table import Row, Table


@dataclass(frozen=True, slots=True)
class InsuType(Row):
    """险种; `insurance_type` is the code of the 医保类型 it is shown as."""

    insurance_type: str = "99"


@dataclass(frozen=True, slots=True)
class Category(Row):
    """医疗收费项目类别, equal to med_chrgitm_type of the settlement interface."""


INSURANCE_TYPES: Final = Table(
    name="insurance-types",
    zh="医保类型",
    en="Kinds of medical insurance",
    source="Bosssoft medCareTypeCode in a public hospital system",
    rows=(
        Row("01", "职工基本医疗保险", "Employees' basic insurance"),
        Row("02", "居民基本医疗保险", "Residents' basic insurance"),
        Row("03", "新型农村合作医疗", "Rural cooperative scheme"),
        Row("04", "贫困救助", "Relief for the poor"),
        Row("05", "商业医疗保险", "Commercial insurance"),
        Row("06", "全公费", "Fully at public expense"),
        Row("07", "全自费", "Fully at own expense"),
        Row("90", "城乡居民医疗保险", "Urban and rural residents' insurance"),
        Row("99", "其他", "Other"),
    ),
)

SELF_PAY_TYPE: Final = "07"
"""全自费: what a settlement without any insutype is."""

INSU_TYPES: Final = Table(
    name="insu-types",
    zh="险种（insutype）与医保类型",
    en="NHSA insutype and the 医保类型 it is shown as",
    source="NHSA interface as a public hospital system maps it; no insutype at all means 07 全自费",
    extra=(("insurance_type", "医保类型 / shown as"),),
    rows=(
        InsuType("310", "职工基本医疗保险", "Employees' basic insurance", "", "01"),
        InsuType("320", "公务员医疗补助", "Civil servants' supplement", "", "01"),
        InsuType("330", "大额医疗费用补助", "Large-expense supplement", "", "01"),
        InsuType("340", "离休人员医疗保障", "Retired cadres", "", "06"),
        InsuType("350", "一至六级残废军人医疗补助", "Disabled servicemen, grades 1 to 6", "", "99"),
        InsuType("360", "老红军医疗保障", "Veterans of the Red Army", "", "06"),
        InsuType("370", "企业补充医疗保险", "Enterprise supplement", "", "01"),
        InsuType("380", "新型农村合作医疗", "Rural cooperative scheme", "", "02"),
        InsuType("390", "城乡居民基本医疗保险", "Urban and rural residents' basic insurance", "", "02"),
        InsuType("391", "城镇居民基本医疗保险", "Urban residents' basic insurance", "", "02"),
        InsuType("392", "城乡居民大病医疗保险", "Residents' serious illness insurance", "", "02"),
        InsuType("399", "其他特殊人群医疗保障", "Other special groups", "", "99"),
        InsuType("410", "长期照护保险", "Long-term care insurance", "", "99"),
    ),
)

CATEGORIES: Final = Table(
    name="categories",
    zh="医疗收费项目类别",
    en="Medical charge categories",
    source="NHSA med_chrgitm_type, two independent systems; the outpatient paper template has other columns",
    rows=(
        Category("01", "床位费", "Bed"),
        Category("02", "诊察费", "Consultation"),
        Category("03", "检查费", "Examination"),
        Category("04", "化验费", "Laboratory"),
        Category("05", "治疗费", "Treatment"),
        Category("06", "手术费", "Surgery"),
        Category("07", "护理费", "Nursing"),
        Category("08", "卫生材料费", "Medical materials"),
        Category("09", "西药费", "Western medicine"),
        Category("10", "中药饮片费", "Chinese herbal pieces"),
        Category("11", "中成药费", "Chinese patent medicine"),
        Category("12", "一般诊疗费", "General diagnosis and treatment"),
        Category("13", "挂号费", "Registration"),
        Category("14", "其他费", "Other"),
    ),
)
